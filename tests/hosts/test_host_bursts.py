"""A hundred people at once on PostgreSQL with the host's default settings: nobody waits for the host's own pool."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.bursts import answered
from tests.hosts.conftest import ADMIN, chosen_versions
from tests.hosts.installed import InstalledHost, install
from tests.hosts.test_host_postgres import new_database

pytestmark = pytest.mark.host
BARE = Path(__file__).resolve().parents[2] / "benchmarks" / "bare_pipe.py"
PEOPLE, BURSTS = 100, 3


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "crowded" in metafunc.fixturenames:  # hosts before 0.10 come without a driver for PostgreSQL
        newest = [name for name in chosen_versions(metafunc.config) if not name.startswith(("0.6.", "0.8."))][:1]
        metafunc.parametrize("crowded", newest, indirect=True, scope="module")


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest, bundle_source: str, simulator: SimulatorThread) -> Iterator[InstalledHost]:
    settings = {
        "DATABASE_URL": new_database().render_as_string(hide_password=False),
        "WEBUI_SECRET_KEY": secrets.token_hex(32),
        "DATABASE_ENABLE_SESSION_SHARING": "false",
    }
    with HostServer(request.param, settings=settings) as server:
        yield asyncio.run(_installed(server, simulator, bundle_source))


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), simulator, source)
        await install(admin, source, host.valves)
        await admin.install_function("bare", BARE.read_text("utf-8"))
        await admin.set_valves("bare", {**host.valves, "MODELS": "sim/echo"})
        await admin.wait_for_model(lambda model_id: model_id == "bare.sim/echo")
    return host


async def test_as_many_are_answered_as_by_a_bare_pipe_without_rows(crowded: InstalledHost) -> None:
    ours = [await answered(crowded, "openrouter.sim/echo", PEOPLE) for _ in range(BURSTS)]
    assert await answered(crowded, "bare.sim/echo", PEOPLE) == PEOPLE
    assert ours == [PEOPLE] * BURSTS


async def test_one_warning_names_the_hosts_setting(crowded: InstalledHost) -> None:
    lines = [line for line in crowded.server.log_text().splitlines() if "model_rows_costly" in line]
    assert len(lines) == 1
    assert "DATABASE_ENABLE_SESSION_SHARING" in lines[0]
