"""The contract of leases and tool runs when several processes share one store."""

import pytest

from tests.contracts.racers import ROUNDS, race
from tests.doubles.databases import empty_postgres_url, sqlite_url
from tests.doubles.redis_server import empty_redis_url

PROCESSES = 4


@pytest.fixture(scope="module", params=["sqlite", "postgres", "redis"])
def raced(request, tmp_path_factory) -> list[dict[str, list[int]]]:
    if request.param == "redis":
        return race(empty_redis_url(), PROCESSES)
    folder = tmp_path_factory.mktemp("race")
    return race(sqlite_url(folder) if request.param == "sqlite" else empty_postgres_url(), PROCESSES)


def test_exactly_one_process_gets_each_lease(raced):
    rounds = zip(*(racer["taken"] for racer in raced), strict=True)
    assert [sum(fence > 0 for fence in fences) for fences in rounds] == [1] * ROUNDS


def test_a_fence_never_repeats_and_always_grows(raced):
    passed_on = [racer["passed on"] for racer in raced]
    assert all(fences == sorted(fences) for fences in passed_on)
    assert len({fence for fences in passed_on for fence in fences}) == PROCESSES * ROUNDS


@pytest.mark.parametrize("raced", ["sqlite", "postgres"], indirect=True)  # runs of tools are never in Redis
def test_a_run_is_new_in_exactly_one_process(raced):
    rounds = zip(*(racer["started"] for racer in raced), strict=True)
    assert [sorted(results) for results in rounds] == [[0] * (PROCESSES - 1) + [2]] * ROUNDS
