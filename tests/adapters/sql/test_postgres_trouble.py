"""Failures of a PostgreSQL server are reported with a reason and are temporary."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from adapters.sql import database as database_module
from adapters.sql import idle
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.tables import metadata
from adapters.sql.trouble import DatabaseTrouble
from ports.artifacts import ArtifactsReadOnly, ArtifactsUnavailable
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.databases import empty_postgres_url

QUICK = text("SELECT set_config('statement_timeout', '300ms', true), set_config('lock_timeout', '100ms', true)")
OTHERS = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"


@pytest.fixture
def url() -> str:
    return empty_postgres_url()


@pytest.fixture
async def database(url):
    database = Database(url)
    yield database
    await database.aclose()


async def reason_of(url: str) -> str:
    database = Database(url)
    try:
        with pytest.raises(DatabaseTrouble) as caught:
            async with database.reading() as connection:
                await connection.execute(text("SELECT 1 FROM openrouter_pipe_lease"))
    finally:
        await database.aclose()
    return caught.value.reason


async def test_an_absent_server_is_unreachable():
    assert await reason_of("postgresql://u:p@127.0.0.1:1/d") == "unreachable"


async def test_an_absent_database_is_missing_or_unreachable(url):
    assert await reason_of(url.replace("/postgres?", "/nowhere?")) in {"missing", "unreachable"}


async def test_an_absent_schema_is_reported_as_missing(url):
    database = Database(url, schema="nowhere")
    with pytest.raises(ArtifactsUnavailable, match="missing"):
        await SqlArtifacts(database).put(turn_of(1, 1))
    await database.aclose()


async def test_a_read_only_server_is_reported_as_read_only(url):
    database = Database(f"{url}&options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(ArtifactsReadOnly, match="read-only"):
        await SqlArtifacts(database).put(turn_of(1, 1))
    await database.aclose()


async def test_tables_are_in_the_configured_schema(url, database):
    other = Database(url, schema="elsewhere")
    async with database.writing() as connection:
        await connection.execute(text("DROP SCHEMA IF EXISTS elsewhere CASCADE"))
        await connection.execute(text("CREATE SCHEMA elsewhere"))
    async with other.writing() as connection:
        await connection.run_sync(metadata.create_all)
    await SqlArtifacts(other).put(turn_of(1, 2))
    for where, count in ((other, 2), (database, 0)):
        found = await SqlArtifacts(where).find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=9)
        assert len(found) == count
    await other.aclose()


async def end_connections_of(database: Database) -> None:
    """End all connections to the server but one's own; return when none of them is left."""
    killer = Database(database._url.render_as_string(hide_password=False))
    async with killer.reading() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {OTHERS}"))
        while (await connection.execute(text(f"SELECT count(*) {OTHERS}"))).scalar_one():
            pass
    await killer.aclose()


async def put(database: Database, number: int) -> None:
    await SqlArtifacts(database).put(turn_of(number, 1))


async def look_up(database: Database, number: int) -> None:
    await SqlArtifacts(database).find(HERE, "ann", turn_ids=[ulid(number)], fingerprints=[], limit=9)


async def write_at_once(database: Database, _: int) -> None:
    assert await database.write_at_once("SELECT 1") == [(1,)]


@pytest.mark.parametrize("noticed", [True, False], ids=["ended before", "ended as it was taken"])
@pytest.mark.parametrize("use", [put, look_up, write_at_once])
async def test_connections_the_server_ended_are_replaced(database, use, noticed, monkeypatch):
    if not noticed:
        monkeypatch.setattr(idle, "_has_news", lambda _: False)
    await asyncio.gather(*(put(database, number) for number in range(1, 9)))
    await end_connections_of(database)
    await asyncio.gather(*(use(database, number) for number in range(11, 19)))


async def test_a_later_statement_is_not_repeated(database):
    await put(database, 1)
    async with database.reading() as connection:
        await connection.execute(text("SELECT 1"))
        await end_connections_of(database)
        with pytest.raises(OperationalError):
            await connection.execute(text("SELECT 1"))
    await put(database, 2)


async def test_a_table_locked_by_another_session_is_reported_as_locked(database, url, monkeypatch):
    monkeypatch.setattr(database_module, "LIMITS", QUICK)
    other = Database(url)
    async with other.writing() as connection:
        await connection.execute(text("LOCK TABLE openrouter_pipe_artifact IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(ArtifactsUnavailable, match="locked"):
            await SqlArtifacts(database).put(turn_of(1, 1))
    await other.aclose()


async def test_a_reader_times_out_on_a_server_that_does_not_answer(database, url, monkeypatch):
    monkeypatch.setattr(database_module, "READ_SECONDS", 0.2)
    other = Database(url)
    async with other.writing() as connection:
        await connection.execute(text("LOCK TABLE openrouter_pipe_artifact IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(ArtifactsUnavailable, match="timeout"):
            await SqlArtifacts(database).find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=9)
    await other.aclose()
    monkeypatch.setattr(database_module, "READ_SECONDS", 10.0)
    assert await asyncio.gather(*(SqlArtifacts(database).chats(HERE, "", 1) for _ in range(8))) == [()] * 8
