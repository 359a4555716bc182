"""After restarts, saves and starts of replicas no chat ever gets "Model not found"."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager

import pytest

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat
from entrypoints.devhost.client import HostClient
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.redis_server import running_redis
from tests.hosts.conftest import ADMIN, chosen_versions
from tests.hosts.installed import InstalledHost, install, newer
from tests.hosts.test_host_postgres import new_database

pytestmark = pytest.mark.host
ECHO = "openrouter.sim/echo"
TRIES = 20
FOUND = {"cached": {"ENABLE_BASE_MODELS_CACHE": "true"}, "listed each time": {}}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "restarted" in metafunc.fixturenames:
        versions = chosen_versions(metafunc.config)
        cases = [(versions[0], "listed each time"), *((version, "cached") for version in versions)]
        metafunc.parametrize("restarted", cases, indirect=True, scope="module", ids=[" ".join(case) for case in cases])
    if "replicated" in metafunc.fixturenames:  # hosts before 0.10 come without a driver for PostgreSQL
        newest = [name for name in chosen_versions(metafunc.config) if not name.startswith(("0.6.", "0.8."))][:1]
        alone = [f"alone {version}" for version in newest]
        metafunc.parametrize("replicated", newest, indirect=True, scope="module", ids=alone)


class Restarted:
    """A host of its own, with an upstream of its own that a test may stop."""

    def __init__(self, server: HostServer, stack: ExitStack, source: str) -> None:
        self.server, self.source, self._stack = server, source, stack
        self.upstream = stack.enter_context(SimulatorThread(generation_delay=0))
        self._up = True
        self.host: InstalledHost | None = None

    def take_upstream_away(self) -> None:
        """Stop upstream for good."""
        if self._up:
            self._up = False
            self.upstream.__exit__(None, None, None)

    def restart(self) -> None:
        """Restart the host; call it from the thread that started the host, because the host ends with that thread."""
        self.server.stop()
        self.server.start()


@pytest.fixture(scope="module")
def restarted(request: pytest.FixtureRequest, bundle_source: str) -> Iterator[Restarted]:
    version, kind = request.param
    with HostServer(version, settings=FOUND[kind]) as server, ExitStack() as stack:
        restarted = Restarted(server, stack, bundle_source)
        restarted.host = asyncio.run(_installed(server, restarted.upstream, bundle_source))
        yield restarted
        stack.pop_all()
        restarted.take_upstream_away()


async def _installed(server: HostServer, upstream: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), upstream, source)
        await admin.install_function("openrouter", source)
        await admin.set_valves("openrouter", host.valves)
        async with asyncio.timeout(60):
            while ECHO not in await admin.model_ids(refresh=True):
                await asyncio.sleep(0.1)
    return host


async def not_found(client: HostClient, tries: int = TRIES) -> list[object]:
    """Ask `tries` times without requesting the model list; return the answers "Model not found"."""
    answers = [await plain_chat(client, ECHO, f"try {number}") for number in range(tries)]
    return [answer for answer in answers if "not found" in str(answer).lower()]


@asynccontextmanager
async def _client(restarted: Restarted) -> AsyncIterator[HostAdmin]:
    assert restarted.host is not None
    async with HostAdmin(restarted.server.url, restarted.host.admin) as client:
        yield client


async def test_client_that_never_lists_finds_its_model_after_a_restart(restarted: Restarted) -> None:
    restarted.restart()
    async with _client(restarted) as client:
        assert await not_found(client) == []
        status, answer = await plain_chat(client, ECHO, "hello")
        assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: hello")


async def test_saving_the_function_loses_the_model_for_nobody(restarted: Restarted) -> None:
    async with _client(restarted) as client:
        await client.update_function("openrouter", newer(restarted.source))
        assert ECHO in await client.model_ids()
        assert await not_found(client) == []


async def test_first_page_after_a_restart_shows_the_models(restarted: Restarted) -> None:
    restarted.restart()
    async with _client(restarted) as client:
        assert ECHO in await client.model_ids()


async def test_model_is_found_after_a_restart_and_a_save_while_upstream_is_down(restarted: Restarted) -> None:
    restarted.take_upstream_away()
    restarted.restart()
    async with _client(restarted) as client:
        assert await not_found(client, 5) == []
        assert ECHO in await client.model_ids()
        await client.update_function("openrouter", restarted.source)
        assert ECHO in await client.model_ids()
        assert await not_found(client, 5) == []
        _, answer = await plain_chat(client, ECHO, "hello")
        assert "error" in answer  # then the error names the outage itself
    assert "catalog_recalled" in restarted.server.log_text()


@pytest.fixture(scope="module")
def replicated(request: pytest.FixtureRequest, bundle_source: str) -> Iterator[tuple[InstalledHost, HostServer]]:
    """Yield a running host, and another one with the same PostgreSQL and Redis that is not started yet."""
    with running_redis() as redis, SimulatorThread(generation_delay=0) as upstream:
        settings = {
            "DATABASE_URL": new_database().render_as_string(hide_password=False),
            "WEBUI_SECRET_KEY": secrets.token_hex(32),
            "REDIS_URL": redis,
            "WEBSOCKET_MANAGER": "redis",
            "ENABLE_WEBSOCKET_SUPPORT": "true",
        }
        with HostServer(request.param, settings=settings) as one:
            first = asyncio.run(_installed(one, upstream, bundle_source))
            second = HostServer(request.param, settings=settings)
            try:
                yield first, second
            finally:
                second.stop()


async def test_starting_a_replica_disturbs_nobody(replicated: tuple[InstalledHost, HostServer]) -> None:
    first, second = replicated
    async with HostAdmin(first.url, first.admin) as here:
        asking = asyncio.create_task(_ask_until(here, stop := asyncio.Event()))
        await asyncio.to_thread(second.start)
        async with HostAdmin(second.url, first.admin) as there:
            assert ECHO in await there.model_ids()
            assert await not_found(there) == []
        stop.set()
        assert await asking == []
        assert ECHO in await here.model_ids()


async def _ask_until(client: HostClient, stop: asyncio.Event) -> list[object]:
    failed: list[object] = []
    while not stop.is_set():
        failed += await not_found(client, 1)
    return failed


async def test_first_start_of_all_shows_the_models_at_once(
    outermost_version: str, bundle_source: str, simulator: SimulatorThread
) -> None:
    with HostServer(outermost_version) as server:
        async with HostAdmin(server.url) as admin:
            await admin.sign_up(**ADMIN)
            await admin.install_function("openrouter", bundle_source)
            await admin.set_valves("openrouter", {"API_KEY": "sk-or-v1-simulator", "BASE_URL": simulator.url})
            assert ECHO in await admin.model_ids()


async def test_spoiled_list_on_disk_costs_one_line(
    outermost_version: str, bundle_source: str, simulator: SimulatorThread
) -> None:
    with HostServer(outermost_version) as server:
        async with HostAdmin(server.url) as admin:
            account = await admin.sign_up(**ADMIN)
            await install(admin, bundle_source, {"API_KEY": "sk-or-v1-simulator", "BASE_URL": simulator.url})
        await asyncio.to_thread(server.stop)
        (kept,) = (server.folder / "data").glob("openrouter_pipe_models-*.cache")
        kept.write_bytes(kept.read_bytes()[:1000])
        await asyncio.to_thread(server.start)
        async with HostAdmin(server.url, account) as admin:
            assert await not_found(admin, 3) == []
        assert server.log_text().count("kept_catalog_unusable") == 1
