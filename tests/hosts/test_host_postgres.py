"""Two hosts on one PostgreSQL, as replicas behind a load balancer: each remembers the chats of the other."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.turn import Turn
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.postgres import postgres_url
from tests.hosts.conftest import ADMIN, chosen_versions
from tests.hosts.installed import InstalledHost, fresh, install
from tests.hosts.test_host_memory import THINKER, ask, opened_tab, thoughts
from tests.patience import eventually

pytestmark = pytest.mark.host
SEALED = "sealed"
PASSPHRASE = "a passphrase long enough to be one"


@dataclass(frozen=True)
class Replicas:
    """Two hosts on one database; `begun` are the first turns of both, sent at the same time."""

    hosts: tuple[InstalledHost, InstalledHost]
    database: URL
    begun: list[Turn]

    def query(self, statement: str, **values: str) -> list[Any]:
        """Query the database directly."""
        engine = create_engine(self.database.set(drivername="postgresql+psycopg"))
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement), values).all())
        finally:
            engine.dispose()

    def rows(self, chat_id: str) -> list[Any]:
        """Return `key_id` and `payload` of the rows that a chat has stored."""
        return self.query("SELECT key_id, payload FROM openrouter_pipe_artifact WHERE chat_id = :chat", chat=chat_id)

    def turns(self, chat_id: str) -> list[Any]:
        """Return the turns of a chat that have stored rows."""
        statement = "SELECT DISTINCT turn_id FROM openrouter_pipe_artifact WHERE chat_id = :chat"
        return self.query(statement, chat=chat_id)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "replicas" in metafunc.fixturenames:  # hosts before 0.10 come without a driver for PostgreSQL
        newest = [name for name in chosen_versions(metafunc.config) if not name.startswith(("0.6.", "0.8."))][:1]
        alone = [f"alone {version}" for version in newest]
        metafunc.parametrize("replicas", newest, indirect=True, scope="module", ids=alone)


@pytest.fixture(scope="module")
def replicas(request: pytest.FixtureRequest, bundle_source: str, simulator: SimulatorThread) -> Iterator[Replicas]:
    database = new_database()
    settings = {
        "DATABASE_URL": database.render_as_string(hide_password=False),
        "WEBUI_SECRET_KEY": secrets.token_hex(32),
    }
    with HostServer(request.param, settings=settings) as one:
        first = asyncio.run(_installed(one, simulator, bundle_source))
        with HostServer(request.param, settings=settings) as two:
            hosts = first, InstalledHost(two, first.admin, simulator, bundle_source)
            yield Replicas(hosts, database, asyncio.run(_first_turns(hosts)))


async def test_replicas_that_start_together_make_the_tables_once(replicas: Replicas) -> None:
    assert len(replicas.query("SELECT * FROM openrouter_pipe_version")) == 1
    names = {name for (name,) in replicas.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    ours = {name for name in names if name.startswith("openrouter_pipe_")}
    assert {"openrouter_pipe_artifact", "openrouter_pipe_lease", "openrouter_pipe_tool_run"} <= ours
    assert {"chat", "user"} <= names  # the host's own table, in the same database
    assert all("storage_unavailable" not in host.server.log_text() for host in replicas.hosts)


async def test_chat_begun_on_one_replica_is_remembered_by_the_other(replicas: Replicas) -> None:
    here, there = replicas.hosts
    async with opened_tab(here) as tab:
        first, _ = await ask(tab, here, None, "think of a number")
    await eventually(lambda: replicas.rows(first.chat_id))
    async with opened_tab(there) as tab:
        second, record = await ask(tab, there, first, "which one")
    assert len(thoughts(record)) == 1
    await eventually(lambda: len(replicas.turns(second.chat_id)) == 2)
    async with opened_tab(here) as tab:
        _, record = await ask(tab, here, second, "and why")
    assert len(thoughts(record)) == 2


async def test_both_first_turns_are_remembered(replicas: Replicas) -> None:
    for host, begun in zip(replicas.hosts, replicas.begun, strict=True):
        async with opened_tab(host) as tab:
            _, record = await ask(tab, host, begun, "go on")
        assert len(thoughts(record)) == 1


async def test_chat_is_remembered_across_a_restart_of_a_replica(replicas: Replicas) -> None:
    host = replicas.hosts[1]
    turn: Turn | None = None
    counts: list[int] = []
    for half in range(2):
        async with opened_tab(host) as tab:
            for number in range(5):
                turn, record = await ask(tab, host, turn, f"turn {5 * half + number}")
                counts.append(len(thoughts(record)))
        if half == 0:
            host.server.stop()
            host.server.start()  # in this thread, because the host ends with the thread that started it
    assert counts == list(range(10))


async def test_clear_text_is_logged_once_when_no_passphrase_is_set(replicas: Replicas) -> None:
    host = replicas.hosts[0]
    async with opened_tab(host) as tab:
        turn, _ = await ask(tab, host, None, "one")
        await ask(tab, host, turn, "two")
    lines = [line for line in host.server.log_text().splitlines() if "artifacts_not_encrypted" in line]
    assert len(lines) == 1
    assert "ARTIFACT_ENCRYPTION_KEY" in lines[0]
    await eventually(lambda: replicas.rows(turn.chat_id))
    rows = replicas.rows(turn.chat_id)
    assert {key_id for key_id, _ in rows} == {""}
    assert any(b'"item"' in payload for _, payload in rows)


async def test_stored_data_is_unreadable_when_a_passphrase_is_set(replicas: Replicas) -> None:
    host = replicas.hosts[0]
    async with HostAdmin(host.url, host.admin) as admin:
        valves = {**host.valves, "ARTIFACT_ENCRYPTION_KEY": PASSPHRASE, "ENABLE_LZ4_COMPRESSION": False}
        await install(admin, host.source, valves, function_id=SEALED)
    try:
        model = THINKER.replace("openrouter.", f"{SEALED}.")
        async with opened_tab(host) as tab:
            turn = await tab.send("keep a secret", model=model)
            await eventually(lambda: replicas.rows(turn.chat_id))
            rows = replicas.rows(turn.chat_id)
            words = fresh("tell it")
            await tab.send(words, model=model, chat=turn)
    finally:
        async with HostAdmin(host.url, host.admin) as admin:
            await admin.delete_function(SEALED)
    assert len(thoughts(host.asked(words)[0])) == 1
    assert all(key_id for key_id, _ in rows)
    assert not any(b"encrypted_content" in payload or b'"item"' in payload for _, payload in rows)


def new_database() -> URL:
    """Create a database in the shared server; return its URL as an administrator would write it."""
    server = make_url(postgres_url())
    name = f"host_{uuid4().hex[:10]}"
    engine = create_engine(server.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.set(drivername="postgresql+psycopg", database=name)


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), simulator, source)
        await install(admin, source, host.valves)
    return host


async def _first_turns(hosts: tuple[InstalledHost, InstalledHost]) -> list[Turn]:
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(opened_tab(host)) for host in hosts]
        asked = await asyncio.gather(
            *(ask(tab, host, None, "the first") for tab, host in zip(tabs, hosts, strict=True))
        )
    return [turn for turn, _ in asked]
