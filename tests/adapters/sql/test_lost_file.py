"""A SQLite file that is deleted or replaced while it is open: nothing is written to what is lost, and nothing of it
gets into the file that is there now.
"""

import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from adapters.sql.ledger import SqlLedger
from adapters.sql.trouble import DatabaseTrouble
from ports.budgets import Claim, Unit
from ports.ledger import Entry
from tests.doubles.databases import sqlite_url

NOW = datetime(2026, 12, 1, tzinfo=UTC)
CLAIM = Claim("a", Unit.TOKENS, 1, NOW + timedelta(days=1))
Write = Callable[[Database], Awaitable[object]]


async def in_one_go(database: Database) -> None:
    await SqlLedger(database).write([Entry("ns", "later", 1, 1, NOW)])


async def in_the_driver(database: Database) -> None:
    await SqlBudgets(database).reserve("ns", "later", [CLAIM], "us", NOW)


async def in_a_transaction(database: Database) -> None:
    await SqlBudgets(database).post("ns", "later", [CLAIM])


async def backup_in(folder: Path, entries: int) -> Path:
    folder.mkdir()
    database = Database(sqlite_url(folder))
    await SqlLedger(database).write([Entry("ns", f"backup-{number}", 1, 1, NOW) for number in range(entries)])
    await database.aclose()
    return folder / "store.db"


async def trouble_of(write: Write, database: Database) -> str:
    try:
        await write(database)
    except Exception as error:  # noqa: BLE001 - each store has an error of its own
        return str(getattr(error, "reason", error))
    return ""


def lose(path: Path, how: str) -> None:
    if how == "replaced":
        backup = path.with_name("other.db")
        backup.write_bytes(b"")
        backup.replace(path)
    elif how == "moved":
        path.rename(path.with_name("moved.db"))
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
@pytest.mark.parametrize("write", [in_one_go, in_the_driver, in_a_transaction])
async def test_what_a_lost_file_would_take_is_refused_as_long_as_it_is_open(
    tmp_path: Path, write: Write, how: str
) -> None:
    database = Database(sqlite_url(tmp_path))
    try:
        await in_one_go(database)
        await in_a_transaction(database)
        lose(tmp_path / "store.db", how)
        assert [await trouble_of(write, database) for _ in range(3)] == ["missing"] * 3
    finally:
        await database.aclose()


async def test_a_file_that_is_back_is_written_again(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    path, aside = tmp_path / "store.db", tmp_path / "aside.db"
    try:
        await in_one_go(database)
        path.rename(aside)
        assert await trouble_of(in_one_go, database) == "missing"
        aside.rename(path)
        for write in (in_one_go, in_the_driver, in_a_transaction):
            assert await trouble_of(write, database) == ""
    finally:
        await database.aclose()


async def test_new_connections_do_not_apply_the_journal_of_a_lost_file_to_a_backup(tmp_path: Path) -> None:
    backup = await backup_in(tmp_path / "backup", 1_000)
    database = Database(sqlite_url(tmp_path))

    async def failing() -> str:
        try:
            async with database.reading() as statements, database.reading(), database.reading():
                await statements.exec_driver_sql("SELECT count(*) FROM openrouter_pipe_usage_entry")
        except DatabaseTrouble as trouble:
            return trouble.reason
        return ""

    await in_one_go(database)
    os.replace(backup, tmp_path / "store.db")
    assert await failing() == "missing"
    assert await trouble_of(in_a_transaction, database) == "missing"
    await database.aclose()
    for suffix in ("-wal", "-shm"):  # as whoever notices the loss does
        (tmp_path / f"store.db{suffix}").unlink(missing_ok=True)
    with closing(sqlite3.connect(tmp_path / "store.db")) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert other.execute("SELECT count(*) FROM openrouter_pipe_usage_entry").fetchone() == (1_000,)
