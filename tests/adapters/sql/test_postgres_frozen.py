"""A PostgreSQL server that hangs: cancelled callers return at once, and abandoned operations end by themselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from adapters.sql import connection as connection_module
from adapters.sql import engines
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.migrate import migrate
from adapters.sql.trouble import DatabaseTrouble
from entrypoints.core.revisions import revisions_dir
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.databases import empty_postgres_url
from tests.doubles.postgres import frozen_postgres, postgres_url

AT_ONCE = 0.3


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database(empty_postgres_url())
    yield database
    await database.aclose()


async def left_after(work: "asyncio.Task[object]", seconds: float) -> float:
    """Cancel work after some seconds; return how long it took to end."""
    await asyncio.sleep(seconds)
    began = time.monotonic()
    work.cancel()
    await asyncio.wait((work,))
    assert work.cancelled()
    return time.monotonic() - began


async def test_cancelled_callers_return_from_a_frozen_server_at_once_and_leak_no_connection(database: Database) -> None:
    store = SqlArtifacts(database)
    await store.put(turn_of(1, 1))
    with frozen_postgres():
        callers: list[asyncio.Task[Any]] = [
            asyncio.create_task(store.put(turn_of(number, 1))) for number in range(2, 12)
        ]
        callers += [asyncio.create_task(store.chats(HERE, "", 1)) for _ in range(10)]
        left = await asyncio.gather(*(left_after(caller, 0.2) for caller in callers))
        assert max(left) < AT_ONCE
    async with asyncio.timeout(5):
        await asyncio.gather(*(store.put(turn_of(number, 1)) for number in range(20, 40)))
    found = await store.find(HERE, "ann", turn_ids=[ulid(n) for n in range(1, 40)], fingerprints=[], limit=99)
    assert {row.turn_id for row in found} >= {ulid(1), ulid(20), ulid(39)}


async def test_an_abandoned_transaction_is_rolled_back_and_holds_no_lock(database: Database) -> None:
    async def write() -> None:
        async with database.writing() as statements:
            await statements.execute(text("LOCK TABLE openrouter_pipe_lease IN ACCESS EXCLUSIVE MODE"))
            await statements.execute(text("SELECT pg_sleep(0.5)"))

    assert await left_after(asyncio.create_task(write()), 0.2) < AT_ONCE
    async with asyncio.timeout(3), database.writing() as statements:
        await statements.execute(text("DELETE FROM openrouter_pipe_lease"))


async def test_closing_ends_while_the_server_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "CUT_SECONDS", 0.2)
    monkeypatch.setattr("adapters.sql.database.CLOSE_SECONDS", 0.2)
    database = Database(empty_postgres_url())
    store = SqlArtifacts(database)
    await store.put(turn_of(1, 1))
    with frozen_postgres():
        await left_after(asyncio.create_task(store.chats(HERE, "", 1)), 0.1)
        began = time.monotonic()
        await database.aclose()
        assert time.monotonic() - began < 3
    assert not [task for task in asyncio.all_tasks() if "database" in task.get_name()]


async def test_server_that_does_not_answer_a_new_connection_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "CONNECT_SECONDS", 2)
    monkeypatch.setattr("adapters.sql.migrate.CONNECT_SECONDS", 2)
    database = Database(postgres_url())
    with frozen_postgres():
        with pytest.raises(DatabaseTrouble, match="timeout"):
            async with database.reading() as statements:
                await statements.exec_driver_sql("SELECT 1")
        with pytest.raises(DatabaseTrouble, match="timeout"):
            await migrate(postgres_url(), revisions_dir)
    await database.aclose()
