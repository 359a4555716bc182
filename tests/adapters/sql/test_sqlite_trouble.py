"""Failures of a SQLite file are reported with a reason, destroy nothing and never block the loop."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.sql import database as database_module
from adapters.sql import engines
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.leases import SqlLeases
from adapters.sql.tool_runs import SqlToolRuns
from adapters.sql.trouble import DatabaseTrouble
from ports.artifacts import ArtifactsError, ArtifactsReadOnly, ArtifactsUnavailable
from ports.cipher import Sealed
from ports.leases import LeasesUnavailable
from ports.tool_runs import ToolRunsUnavailable
from tests.adapters.sql.bound_by_rights import as_bound_by_rights
from tests.contracts.artifact_cases import DAY, HERE, row, turn_of, ulid
from tests.contracts.tool_run_cases import run
from tests.doubles.databases import sqlite_url


@pytest.fixture
async def database(tmp_path, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.2)
    database = Database(sqlite_url(tmp_path))
    yield database
    await database.aclose()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "store.db"


@contextlib.contextmanager
def held(path: Path):
    """Start another process that holds the write lock."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def trouble_of(database: Database) -> DatabaseTrouble:
    try:
        with pytest.raises(DatabaseTrouble) as caught:
            async with database.writing() as connection:
                await connection.execute(text("DELETE FROM openrouter_pipe_lease"))
    finally:
        await database.aclose()
    return caught.value


async def count_of(database: Database) -> int:
    return len(await SqlArtifacts(database).find(HERE, "ann", turn_ids=[ulid(1)], fingerprints=[], limit=9_999))


async def test_a_missing_folder_is_reported_as_missing(tmp_path):
    trouble = await trouble_of(Database(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}"))
    assert (trouble.reason, trouble.read_only) == ("missing", False)


async def test_a_missing_file_is_reported_and_not_created(path):
    assert (await trouble_of(Database(f"sqlite:///{path}"))).reason == "missing"
    assert not path.exists()


async def test_a_file_without_tables_is_reported_as_missing(path):
    sqlite3.connect(path).execute("PRAGMA journal_mode=WAL")
    assert (await trouble_of(Database(f"sqlite:///{path}"))).reason == "missing"


async def test_a_folder_instead_of_the_file_is_reported_as_missing(tmp_path):
    assert (await trouble_of(Database(f"sqlite:///{tmp_path}"))).reason == "missing"


async def test_a_file_that_is_not_a_database_is_reported_as_damaged_and_not_changed(path):
    path.write_bytes(b"no database at all" * 1_000)
    assert (await trouble_of(Database(f"sqlite:///{path}"))).reason == "damaged"
    assert path.read_bytes() == b"no database at all" * 1_000


async def test_a_file_with_torn_pages_is_reported_as_damaged(database, path):
    await SqlArtifacts(database).put(turn_of(1, 500, sealed=Sealed(bytes(3_000))))
    await database.aclose()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    torn = Database(f"sqlite:///{path}")
    with pytest.raises(ArtifactsUnavailable) as caught:
        await count_of(torn)
    await torn.aclose()
    assert caught.value.reason == "damaged"


async def test_a_file_locked_by_another_process_is_reported_while_the_loop_runs_on(database, path):
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    store = SqlArtifacts(database)
    await store.put(turn_of(1, 1))
    ticking = asyncio.create_task(tick())
    with held(path):
        with pytest.raises(ArtifactsUnavailable) as caught:
            await store.put(turn_of(2, 1))
        assert await count_of(database) == 1
    ticking.cancel()
    assert caught.value.reason == "locked"
    assert ticks > 5


async def test_every_store_reports_a_locked_file(database, path):
    with held(path):
        with pytest.raises(LeasesUnavailable, match="locked"):
            await SqlLeases(database).take("sweep", "a", DAY, 10)
        with pytest.raises(ToolRunsUnavailable, match="locked"):
            await SqlToolRuns(database).start([run(1, 1)])
    assert await SqlToolRuns(database).start([run(1, 1)]) == {"call-1"}


async def test_a_writer_who_waits_too_long_for_another_task_gets_a_timeout(database, monkeypatch):
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with database.writing():
            entered.set()
            await go_on.wait()

    writing = asyncio.create_task(write())
    await entered.wait()
    monkeypatch.setattr(database_module, "WRITE_SECONDS", 0.1)
    with pytest.raises(ArtifactsUnavailable, match="timeout"):
        await SqlArtifacts(database).put(turn_of(1, 1))
    go_on.set()
    await writing


async def test_a_full_disk_leaves_no_part_of_a_turn(database):
    store = SqlArtifacts(database)
    async with database.reading() as connection:
        pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
        await connection.execute(text(f"PRAGMA max_page_count={pages + 20}"))
    with pytest.raises(ArtifactsUnavailable) as caught:
        await store.put(turn_of(1, 50, sealed=Sealed(bytes(20_000))))
    assert caught.value.reason == "full"
    assert await count_of(database) == 0
    await store.put(turn_of(1, 1))
    assert await count_of(database) == 1


@pytest.mark.parametrize("reason", ["too new", "read-only"])
async def test_a_read_only_database_can_be_read(database, path, reason):
    await SqlArtifacts(database).put(turn_of(1, 1))
    reader = Database(f"sqlite:///{path}", read_only=reason)
    assert await count_of(reader) == 1
    with pytest.raises(ArtifactsReadOnly) as caught:
        await SqlArtifacts(reader).put(turn_of(2, 1))
    await reader.aclose()
    assert caught.value.reason == reason


@pytest.mark.parametrize("bound", ["file", "folder"])
def test_without_the_right_to_write_it_is_read_only_or_missing(tmp_path, path, bound):
    sqlite_url(tmp_path)
    (path if bound == "file" else tmp_path).chmod(0o444 if bound == "file" else 0o555)
    before = path.read_bytes()
    try:
        told = as_bound_by_rights(f"sqlite:///{path}")
    finally:
        tmp_path.chmod(0o755)
    assert told in ({"read-only True"} if bound == "file" else {"read-only True", "missing False"})
    assert path.read_bytes() == before


async def test_a_row_that_cannot_be_stored_is_refused(database):
    with pytest.raises(ArtifactsError) as caught:
        await SqlArtifacts(database).put([row(1, 1, 2**70)])
    assert caught.value.reason == "refused"


async def test_no_error_contains_the_data_to_be_stored(database, path):
    with held(path), pytest.raises(ArtifactsUnavailable) as caught:
        await SqlArtifacts(database).put([row(1, 1, sealed=Sealed(b"payload"), model="hidden")])
    cause: BaseException | None = caught.value
    while cause is not None:
        assert "hidden" not in str(cause)
        assert "payload'" not in str(cause)
        cause = cause.__cause__
