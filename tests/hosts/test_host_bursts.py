"""A hundred people at once on PostgreSQL with the host's default settings: no chat waits for the host's own pool."""

from collections.abc import Iterator

import pytest

from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.bursts import BURSTS, PEOPLE, crowded_host, unanswered
from tests.hosts.conftest import chosen_versions
from tests.hosts.installed import InstalledHost

pytestmark = pytest.mark.host


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "crowded" in metafunc.fixturenames:  # hosts before 0.10 do not include a driver for PostgreSQL
        newest = [name for name in chosen_versions(metafunc.config) if int(name.split(".")[1]) >= 10][:1]
        alone = [f"alone {version}" for version in newest]
        metafunc.parametrize("crowded", newest, indirect=True, scope="module", ids=alone)


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest, bundle_source: str, simulator: SimulatorThread) -> Iterator[InstalledHost]:
    with crowded_host(request.param, simulator, bundle_source) as host:
        yield host


async def test_as_many_are_answered_as_by_a_bare_pipe_without_rows(crowded: InstalledHost) -> None:
    ours = [await unanswered(crowded, "openrouter.sim/echo", PEOPLE) for _ in range(BURSTS)]
    assert await unanswered(crowded, "bare.sim/echo", PEOPLE) == []
    assert ours == [[]] * BURSTS


async def test_one_warning_names_the_hosts_setting(crowded: InstalledHost) -> None:
    lines = [line for line in crowded.server.log_text().splitlines() if "model_rows_costly" in line]
    assert len(lines) == 1
    assert "DATABASE_ENABLE_SESSION_SHARING" in lines[0]
