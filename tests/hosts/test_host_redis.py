"""Two workers of a host on PostgreSQL and Redis: the pipe shares what it should, and needs no setting for that."""

import asyncio
import secrets
from collections.abc import Iterator

import pytest
from redis import Redis

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import plain_chat
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.redis_server import running_redis
from tests.hosts.conftest import ADMIN, chosen_versions
from tests.hosts.installed import RARELY_OPEN, InstalledHost
from tests.hosts.test_host_postgres import new_database

pytestmark = pytest.mark.host
ECHO = "openrouter.sim/echo"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workers" in metafunc.fixturenames:  # hosts before 0.10 come without a driver for PostgreSQL
        newest = [name for name in chosen_versions(metafunc.config) if not name.startswith(("0.6.", "0.8."))][:1]
        alone = [f"alone {version}" for version in newest]
        metafunc.parametrize("workers", newest, indirect=True, scope="module", ids=alone)


@pytest.fixture(scope="module")
def workers(request: pytest.FixtureRequest, bundle_source: str) -> Iterator[tuple[InstalledHost, HostServer, str]]:
    """Yield two hosts that believe to be workers of one, and the URL of their Redis."""
    with running_redis() as redis, SimulatorThread(generation_delay=0) as upstream:
        settings = {
            "DATABASE_URL": new_database().render_as_string(hide_password=False),
            "WEBUI_SECRET_KEY": secrets.token_hex(32),
            "REDIS_URL": redis,
            "UVICORN_WORKERS": "2",
            "WEBSOCKET_MANAGER": "redis",
            "WEBSOCKET_REDIS_URL": redis,
            "ENABLE_WEBSOCKET_SUPPORT": "true",
        }
        with HostServer(request.param, settings=settings) as one:
            first = asyncio.run(_installed(one, upstream, bundle_source))
            with HostServer(request.param, settings=settings) as second:
                yield first, second, redis


async def _installed(server: HostServer, upstream: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), upstream, source)
        await admin.install_function("openrouter", source)
        advanced = f"{RARELY_OPEN}\nENABLE_LEDGER=true\nCOSTS_REDIS_DUMP=true"
        await admin.set_valves("openrouter", {**host.valves, "ADVANCED": advanced})
        async with asyncio.timeout(60):
            while ECHO not in await admin.model_ids(refresh=True):
                await asyncio.sleep(0.1)
    return host


async def test_workers_of_a_host_on_redis_share_it_by_themselves(
    workers: tuple[InstalledHost, HostServer, str],
) -> None:
    first, second, redis = workers
    for url in (first.url, second.url):
        async with HostAdmin(url, first.admin) as client:
            for _ in range(3):
                status, answer = await plain_chat(client, ECHO, "hello")
                assert (status, answer["choices"][0]["message"]["content"]) == (200, "You said: hello")
    for server in (first.server, second):
        assert server.log_text().count("redis_connected") == 1
        assert "redis_unavailable" not in server.log_text()
    with Redis.from_url(redis, decode_responses=True) as other:
        async with asyncio.timeout(20):
            while len([*other.scan_iter("costs:*")]) < 6 or not [*other.scan_iter("openrouter_pipe:cache:*")]:
                await asyncio.sleep(0.1)
