"""Real hosts for the end-to-end tests: one start per version, shared by all tests of that version.

A test that uses the fixture `host` runs in every version: each minor version has its own code for streams, pages,
tables and tools, and one more test costs a second there. What needs a start of its own costs a minute, so it runs
where the difference is largest: with `outermost_version` in the newest and the oldest version, on PostgreSQL and in
bursts in the newest version with a driver, with two workers in the newest one (what they share is the function's own,
and the same in every version), in Chromium in the newest version and those that the marker `browser` names. Kills of a
host are counted per version in `test_host_killed_answers.py`. Versions run side by side: see `ByHost`. The parameter
of a host of its own has an id of several words, such as `alone 0.12.4`.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.client import Account
from entrypoints.devhost.environments import SUPPORTED_HOSTS
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.host_log import lines_since
from tests.hosts.installed import InstalledHost, install

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
_SHARED = re.compile(r"\[(\d+\.\d+\.\d+)[\]-]")
"""The version in the id of a test that uses the shared host, whose parameter comes first."""
_OWN = re.compile(r"::[^\[]*(\[alone \d+\.\d+\.\d+|\[[^\]]*\d+\.\d+\.\d+[^\]]*\])")
"""The parameter in the id of a test that starts a host of its own, without those that do not change the host."""
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
        outermost = tuple(dict.fromkeys((versions[0], versions[-1])))
        metafunc.parametrize("outermost_version", outermost, ids=[f"alone {version}" for version in outermost])


class ByHost(LoadScopeScheduling):  # type: ignore[misc]  # the plugin is untyped
    """Gives all tests of one shared host to one process, so that the processes run several versions side by side.

    Tests that start hosts of their own stay together by file and host. The plugin's own groups depend on an attribute
    of items that newer versions of pytest do not have: each process would start every host.
    """

    def _split_scope(self, nodeid: str) -> str:
        if shared := _SHARED.search(nodeid):
            return shared[1]
        own = _OWN.search(nodeid)
        return nodeid.partition("::")[0] + (own[1] if own else "")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByHost:
    """Distribute the tests by host."""
    return ByHost(config, log)


LOG_BEGINS = pytest.StashKey[int]()
"""How many bytes the host's log had when the test began."""


@pytest.fixture(autouse=True)
def _log_begins(request: pytest.FixtureRequest) -> None:
    if "host" in request.fixturenames:
        log = request.getfixturevalue("host").server.log_path
        request.node.stash[LOG_BEGINS] = log.stat().st_size


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report with a failure what the host printed meanwhile."""
    report = yield
    host = item.funcargs.get("host")
    if report.failed and isinstance(host, InstalledHost):
        printed = lines_since(host.server.log_path, item.stash.get(LOG_BEGINS, 0))
        report.sections.append((f"Log of Open WebUI {host.server.version}", printed))
    return report


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
