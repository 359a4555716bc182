"""A SQLite file locked by another process never blocks the loop, and is used again once the lock is gone."""

import asyncio
import sqlite3
import time
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from adapters.sql import engines
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.locking import PAUSES, SAME_LOCK_SECONDS, ClosingConnection, LockWait
from adapters.sql.tool_runs import SqlToolRuns
from adapters.sql.trouble import DatabaseTrouble
from ports.artifacts import ArtifactsUnavailable
from ports.tool_runs import ToolRunsUnavailable
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.contracts.tool_run_cases import run
from tests.doubles.databases import sqlite_url
from tests.doubles.lock_holder import locked_by_another_process


@pytest.fixture
async def database(tmp_path):
    database = Database(sqlite_url(tmp_path))
    yield database
    await database.aclose()


async def test_writers_give_up_and_readers_read_while_a_lock_is_held_and_all_goes_on_after_it(
    database, tmp_path, monkeypatch
):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    artifacts, runs = SqlArtifacts(database), SqlToolRuns(database)
    await artifacts.put(turn_of(1, 1))

    async def write(number: int) -> str:
        try:
            await (artifacts.put(turn_of(number, 1)) if number % 2 else runs.start([run(number, 1)]))
        except (ArtifactsUnavailable, ToolRunsUnavailable) as error:
            return error.reason
        return "written"

    async def read() -> int:
        return len(await artifacts.find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=9))

    with locked_by_another_process(tmp_path / "store.db"):
        for _ in range(3):
            one, seen, two, seen_again = await asyncio.gather(write(3), read(), write(4), read())
            assert {one, two} <= {"locked", "timeout"}  # on a busy machine the whole write may time out
            assert (seen, seen_again) == (1, 1)
    assert [await write(3), await write(4), await read()] == ["written", "written", 1]


async def test_sqlite_itself_waits_for_no_lock(database, tmp_path):
    """While it waits it holds a mutex that the garbage collector may need on the loop's thread."""
    await SqlArtifacts(database).put(turn_of(1, 1))

    for use in (database.reading, database.writing):
        async with use() as statements:
            assert (await statements.exec_driver_sql("PRAGMA busy_timeout")).scalar() == 0
            driver = await statements.run_sync(lambda sync: sync.connection.driver_connection)
            assert type(driver._conn) is ClosingConnection


def test_a_cursor_whose_statement_failed_is_closed_in_the_same_call(tmp_path):
    with (
        closing(sqlite3.connect(tmp_path / "a.db", timeout=0, factory=ClosingConnection)) as ours,
        closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        cursor = ours.cursor()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            cursor.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            cursor.fetchone()


async def test_after_one_vain_wait_others_do_not_wait_for_the_same_lock(database, tmp_path):
    began = time.monotonic()
    with locked_by_another_process(tmp_path / "store.db"):
        told = await asyncio.gather(
            *(SqlArtifacts(database).put(turn_of(number, 1)) for number in range(10)), return_exceptions=True
        )
    assert {type(one) for one in told} == {ArtifactsUnavailable}
    assert time.monotonic() - began < 5 * engines.BUSY_SECONDS  # if each waited, ten times


async def test_a_lock_released_in_time_is_waited_for(database, tmp_path):
    with locked_by_another_process(tmp_path / "store.db"):
        writing = asyncio.create_task(SqlArtifacts(database).put(turn_of(1, 1)))
        await asyncio.sleep(0.2)
    await writing


async def test_a_connection_that_failed_on_a_lock_is_not_reused(database, tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.1)
    used: list[object] = []

    async def write() -> None:
        async with database.writing() as statements:
            used.append(statements)

    async def connection() -> object:
        async with database.reading() as statements:
            return await statements.run_sync(lambda sync: sync.connection.dbapi_connection)

    before = await connection()
    with locked_by_another_process(tmp_path / "store.db"), pytest.raises(DatabaseTrouble, match="locked"):
        await write()
    assert await connection() is not before
    assert used == []


def test_the_wait_for_one_lock_is_limited_for_all_users_together():
    now = [0.0]
    wait = LockWait(2.0, lambda: now[0])
    pauses = []
    while (pause := wait.pause()) is not None:
        pauses.append(pause)
        now[0] += pause
    assert pauses[: len(PAUSES)] == list(PAUSES)
    assert 2.0 <= now[0] < 2.1
    assert wait.pause() is None
    now[0] += SAME_LOCK_SECONDS + 0.1
    assert wait.pause() == PAUSES[0]
    wait.passed()
    assert wait.pause() == PAUSES[0]


async def test_a_commit_blocked_by_a_reader_is_retried_without_wal(tmp_path):
    url, path = sqlite_url(tmp_path), tmp_path / "store.db"

    def without_wal(connection: Any, *_: object) -> None:
        connection.cursor().execute("PRAGMA journal_mode=DELETE")

    event.listen(Pool, "checkout", without_wal)
    database = Database(url)
    try:
        await SqlArtifacts(database).put(turn_of(1, 1))
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM openrouter_pipe_artifact").fetchone()
            writing = asyncio.create_task(SqlArtifacts(database).put(turn_of(2, 1)))
            await asyncio.sleep(0.3)
            assert not writing.done()
        await writing
        with closing(sqlite3.connect(path)) as other:
            assert other.execute("SELECT count(*) FROM openrouter_pipe_artifact").fetchone() == (2,)
            assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    finally:
        event.remove(Pool, "checkout", without_wal)
        await database.aclose()
