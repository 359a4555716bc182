"""Real hosts for the end-to-end tests: one start per version, shared by all tests of that version."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.client import Account
from entrypoints.devhost.environments import SUPPORTED_HOSTS
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.installed import InstalledHost, install

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
ADMIN = {"name": "Admin", "email": "admin@example.com", "password": "Pass-word-1"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--host-version",
        action="append",
        default=[],
        help="versions of Open WebUI to test in, separated by commas or repeated; default: all supported versions",
    )
    parser.addoption("--bundle", help="the single file to test; by default it is built from the work tree")


def chosen_versions(config: pytest.Config) -> tuple[str, ...]:
    """Return the versions to test in, newest first."""
    given = config.getoption("host_version", default=None) or []
    names = [name.strip() for item in given for name in item.split(",") if name.strip()]
    return tuple(sorted(names or SUPPORTED_HOSTS, key=_numbers, reverse=True))


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    versions = chosen_versions(metafunc.config)
    if "host" in metafunc.fixturenames:
        in_chromium = metafunc.definition.get_closest_marker("browser")
        also = in_chromium.args if in_chromium else versions
        chosen = tuple(version for version in versions if version in (versions[0], *also))
        metafunc.parametrize("host", chosen, indirect=True, scope="session")
    if "outermost_version" in metafunc.fixturenames:
        metafunc.parametrize("outermost_version", tuple(dict.fromkeys((versions[0], versions[-1]))))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one host together, so that two processes run two versions side by side."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return str(params["host"]) if "host" in params else item.path.stem  # the others start hosts of their own


@pytest.fixture(scope="session")
def bundle_source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the text of the single file; build it unless the option names one."""
    if given := request.config.getoption("bundle", default=None):
        return Path(given).read_text("utf-8")
    path = tmp_path_factory.mktemp("dist") / "openrouter_pipe.py"
    command = [sys.executable, "-m", "entrypoints.openwebui.bundle", "--output", str(path)]
    subprocess.run(command, cwd=ROOT, check=True)
    return path.read_text("utf-8")


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        yield running


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest, bundle_source: str, simulator: SimulatorThread) -> Iterator[InstalledHost]:
    with HostServer(request.param) as server:
        account = asyncio.run(_signed_up(server.url))
        installed = InstalledHost(server, account, simulator, bundle_source)
        asyncio.run(_installed(installed))
        yield installed


@pytest.fixture
async def client(host: InstalledHost) -> AsyncIterator[HostAdmin]:
    """Yield the administrator's HTTP session."""
    async with HostAdmin(host.url, host.admin) as admin:
        yield admin


@pytest.fixture
async def page(client: HostAdmin) -> AsyncIterator[BrowserSession]:
    """Yield a tab of the administrator's browser."""
    async with BrowserSession(client) as session:
        yield session


async def _signed_up(url: str) -> Account:
    async with HostAdmin(url) as admin:
        return await admin.sign_up(**ADMIN)


async def _installed(host: InstalledHost) -> None:
    async with HostAdmin(host.url, host.admin) as admin:
        await install(admin, host.source, host.valves)
