"""A database is opened when used, from any loop, survives cancelled callers, and can be closed."""

import asyncio
import contextlib
import gc
import random
from concurrent.futures import ThreadPoolExecutor
from threading import enumerate as threads

import pytest
from sqlalchemy.exc import ArgumentError

from adapters.sql import engines
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.engines import database_url
from adapters.sql.locking import ClosingConnection
from adapters.sql.trouble import DatabaseTrouble
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.databases import database_in


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request, tmp_path):
    database = database_in(request.param, tmp_path)
    yield database
    await database.aclose()


async def count_of(database: Database, turn: int) -> int:
    return len(await SqlArtifacts(database).find(HERE, "ann", turn_ids=[ulid(turn)], fingerprints=[], limit=9_999))


async def test_a_database_never_used_is_closed(database):
    await database.aclose()


async def test_a_closed_database_is_not_opened_again(database):
    await SqlArtifacts(database).put(turn_of(1, 1))
    await database.aclose()
    with pytest.raises(DatabaseTrouble, match="closed"):
        async with database.reading():
            pass


async def test_closing_waits_for_running_writes(database):
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with database.writing():
            entered.set()
            await go_on.wait()

    writing = asyncio.create_task(write())
    await entered.wait()
    closing = asyncio.create_task(database.aclose())
    await asyncio.sleep(0)
    with pytest.raises(DatabaseTrouble, match="closed"):
        async with database.writing():
            pass
    assert not closing.done()
    go_on.set()
    await asyncio.gather(writing, closing)


async def test_closing_ends_the_threads_of_the_connections(database):
    before = set(threads())
    await asyncio.gather(*(count_of(database, 1) for _ in range(8)))
    await database.aclose()
    left = {thread for thread in set(threads()) - before if "asyncio" not in thread.name}
    for thread in left:
        await asyncio.to_thread(thread.join, 5)
    assert not any(thread.is_alive() for thread in left)


async def test_an_error_in_a_transaction_rolls_back(database):
    await SqlArtifacts(database).put(turn_of(1, 1))
    with contextlib.suppress(KeyError):
        async with database.writing() as connection:
            await connection.exec_driver_sql("DELETE FROM openrouter_pipe_artifact")
            raise KeyError
    assert await count_of(database, 1) == 1


@pytest.fixture
def without_collecting():
    """Disable garbage collection, so that it does not close abandoned connections."""
    gc.disable()
    yield
    gc.enable()


async def test_writers_cancelled_at_any_moment_leave_whole_turns_and_no_lock(database, without_collecting):
    store, chance = SqlArtifacts(database), random.Random(7)
    await store.put(turn_of(999, 1))
    for turn in range(1, 41):
        writing = asyncio.create_task(store.put(turn_of(turn, 40)))
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(chance.choice([0, 0, 0.0002]))
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert await count_of(database, turn) in (0, 40)
        await store.put(turn_of(turn + 1_000, 1))


async def test_cancelled_readers_release_their_connections(database, without_collecting):
    store = SqlArtifacts(database)
    await store.put(turn_of(1, 40))
    for _ in range(40):
        reading = [asyncio.create_task(count_of(database, 1)) for _ in range(4)]
        await asyncio.sleep(0.0005)
        for one in reading:
            one.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    assert await asyncio.gather(*(count_of(database, 1) for _ in range(8))) == [40] * 8


def test_several_event_loops_use_one_database(tmp_path):
    database = database_in("sqlite", tmp_path)

    async def use(turn: int) -> int:
        try:
            await SqlArtifacts(database).put(turn_of(turn, 3))
            return await count_of(database, turn)
        finally:
            await database.release()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda turn: asyncio.run(use(turn)), range(1, 9))) == [3] * 8


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgres://u:p%40@h:5/d", "postgresql+psycopg://u:p%40@h:5/d"),
        ("postgresql://h/d?sslmode=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql+asyncpg://h/d?ssl=require", "postgresql+psycopg://h/d?sslmode=require"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////data/store.db", "sqlite+aiosqlite:////data/store.db"),
        ("sqlite+aiosqlite:////data/store.db?x=y", "sqlite+aiosqlite:////data/store.db"),
    ],
)
def test_urls_are_read_as_hosts_write_them(given, read):
    assert database_url(given).render_as_string(hide_password=False) == read


@pytest.mark.parametrize("given", ["sqlite://", "mysql://h/d", "", "nonsense"])
def test_unusable_urls_are_refused(given):
    with pytest.raises((ValueError, ArgumentError)):
        database_url(given)


def test_a_password_is_not_shown():
    assert "hush" not in repr(Database("postgres://u:hush@h/d"))


async def test_deleted_data_is_overwritten_however_sqlite_was_built(tmp_path, monkeypatch):
    class Careless(ClosingConnection):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.execute("PRAGMA secure_delete=OFF")

    monkeypatch.setattr(engines, "ClosingConnection", Careless)
    (tmp_path / "store.db").touch()
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    async with database.reading() as connection:
        found = (await connection.exec_driver_sql("PRAGMA secure_delete")).scalar()
    await database.aclose()

    assert found == 1
