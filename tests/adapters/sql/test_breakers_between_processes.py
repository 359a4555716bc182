"""One breaker shared by several processes; the drill does the same with more of them."""

import pytest

from tests.doubles.databases import empty_postgres_url, sqlite_url
from tests.doubles.redis_server import empty_redis_url
from tests.drills.breakers import Figures, overlapping, run


@pytest.fixture(scope="module", params=["sqlite", "postgres", "redis"])
def figures(request, tmp_path_factory) -> Figures:
    if request.param == "redis":
        return run(3, 1.0, empty_redis_url())
    url = sqlite_url(tmp_path_factory.mktemp("race")) if request.param == "sqlite" else empty_postgres_url()
    return run(3, 1.0, url)


def test_processes_that_share_a_breaker_never_probe_together_even_when_one_dies(figures):
    assert (figures.overlaps, figures.unguarded) == (0, 0)
    assert len(figures.probes) > 1


def test_changes_of_a_shared_breaker_add_up(figures):
    assert figures.is_exact


def test_overlapping_probes_are_counted():
    assert overlapping([(3.0, 4.0), (1.0, 2.0), (1.9, 2.5), (2.5, 2.6)]) == 1
