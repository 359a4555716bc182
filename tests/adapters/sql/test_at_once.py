"""What goes to the driver in one go: connections that stay, locks that are waited for, errors under their own name."""

import asyncio
import gc
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.sql import database as database_module
from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from adapters.sql.engines import SQLITE_CONNECTIONS
from adapters.sql.trouble import DatabaseTrouble
from ports.budgets import BudgetsUnavailable, Claim, Unit
from tests.doubles.databases import empty_postgres_url, sqlite_url

REPOSITORY = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 30, tzinfo=UTC)
FULL = Claim("full", Unit.TOKENS, 10, NOW + timedelta(days=1), limit=10)


async def reserved(budgets: SqlBudgets, turn: str) -> bool:
    return (await budgets.reserve("ns", turn, [FULL], "us", NOW + timedelta(minutes=2))).held


async def fill(budgets: SqlBudgets) -> None:
    for number in range(2_000):
        claims = [Claim(f"a{number}-{one}", Unit.TOKENS, 1, NOW) for one in range(20)]
        await budgets.reserve("ns", f"turn-{number}", claims, "us", NOW)


def opened(folder: Path) -> list[str]:
    """Return the files below `folder` that this process has open."""
    links = [Path(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
    targets = [str(link.readlink()) for link in links if link.is_symlink()]
    return [target for target in targets if target.startswith(str(folder))]


async def test_a_refused_reservation_keeps_its_connection():
    database = Database(empty_postgres_url())
    try:
        budgets = SqlBudgets(database)
        assert await reserved(budgets, "first")
        pids = set()
        for number in range(5):
            assert not await reserved(budgets, f"refused-{number}")
            pids |= {pid for (pid,) in await database.write_at_once("SELECT pg_backend_pid()")}
        assert len(pids) == 1
    finally:
        await database.aclose()


async def test_a_write_in_one_go_says_that_the_lock_is_gone(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    try:
        await database.write_at_once("SELECT 1")
        (opened,) = database._opened.values()
        assert opened._lock.pause() is not None
        await database.write_at_once("SELECT 1")
        assert opened._lock._seen == float("-inf")
    finally:
        other.close()
        await database.aclose()


async def test_a_full_disk_is_full_and_the_next_reservation_works(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    try:
        budgets = SqlBudgets(database)
        (pages,) = (await database.write_at_once("PRAGMA page_count"))[0]
        await database.write_at_once(f"PRAGMA max_page_count={pages}")
        with pytest.raises(BudgetsUnavailable, match="full"):
            await fill(budgets)
        (level,) = (await database.write_at_once("PRAGMA synchronous"))[0]
        assert level == 2
    finally:
        await database.aclose()


async def test_a_defect_in_the_driver_is_trouble(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    try:
        with pytest.raises(DatabaseTrouble, match="missing"):
            await database.write_at_once("SELECT * FROM nothing")
        assert await database.write_at_once("SELECT 1") == [(1,)]
    finally:
        await database.aclose()


async def test_writes_in_one_go_share_one_connection_which_closing_closes(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    seen: set[int] = set()
    for _ in range(5):
        seen.add(await database.write_in_driver(id))
        async with database.writing() as statements:
            await statements.exec_driver_sql("SELECT 1")
    assert len(seen) == 1
    assert opened(tmp_path)
    await database.aclose()
    assert opened(tmp_path) == []


def test_a_process_that_ends_without_closing_says_nothing(tmp_path: Path):
    code = f"""
import asyncio
from adapters.sql.database import Database

async def use():
    database = Database({sqlite_url(tmp_path)!r})
    await database.write_at_once("SELECT 1")
    return database

left = asyncio.run(use())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=REPOSITORY, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")


async def test_after_a_failure_the_next_write_in_one_go_has_another_connection(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    try:
        first = await database.write_in_driver(lambda driver: driver)
        with pytest.raises(DatabaseTrouble, match="missing"):
            await database.write_at_once("SELECT * FROM nothing")
        assert await database.write_in_driver(lambda driver: driver is first) is False
    finally:
        await database.aclose()


async def test_a_write_in_one_go_that_is_left_goes_on_and_the_next_waits_for_it(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    begun, gate, order = threading.Event(), threading.Event(), []
    try:
        await database.write_at_once("SELECT 1")

        def slow(_: sqlite3.Connection) -> None:
            begun.set()
            gate.wait(10)
            order.append("left")

        leaving = asyncio.create_task(database.write_in_driver(slow))
        await asyncio.to_thread(begun.wait, 10)
        leaving.cancel()
        await asyncio.wait((leaving,))
        following = asyncio.create_task(database.write_in_driver(lambda _: order.append("next")))
        await asyncio.sleep(0)
        gate.set()
        await following
        assert order == ["left", "next"]
    finally:
        await database.aclose()


async def test_a_write_in_one_go_needs_no_place_among_the_others(tmp_path: Path):
    database = Database(sqlite_url(tmp_path))
    try:
        async with AsyncExitStack() as readers:
            for _ in range(SQLITE_CONNECTIONS):
                reader = await readers.enter_async_context(database.reading())
                await reader.exec_driver_sql("SELECT 1")
            assert await database.write_at_once("SELECT 1") == [(1,)]
    finally:
        await database.aclose()


async def test_a_write_in_one_go_that_outlasts_the_closing_leaves_nothing_open(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(database_module, "CLOSE_SECONDS", 0.01)
    database = Database(sqlite_url(tmp_path))
    begun, gate = threading.Event(), threading.Event()

    def slow(driver: sqlite3.Connection) -> sqlite3.Connection:
        begun.set()
        gate.wait(10)
        return driver

    writing = asyncio.create_task(database.write_in_driver(slow))
    await asyncio.to_thread(begun.wait, 10)
    (parts,) = database._opened.values()
    await database.aclose()
    gate.set()
    await writing
    await asyncio.gather(*parts._endings)
    assert opened(tmp_path) == []


async def test_nobody_hears_of_a_failure_of_what_was_left(tmp_path: Path):
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["message"]))
    database = Database(sqlite_url(tmp_path))
    begun, gate = threading.Event(), threading.Event()

    def failing(driver: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(10)
        driver.execute("SELECT * FROM nothing")

    leaving = asyncio.create_task(database.write_in_driver(failing))
    await asyncio.to_thread(begun.wait, 10)
    leaving.cancel()
    await asyncio.wait((leaving,))
    del leaving
    gate.set()
    assert await database.write_at_once("SELECT 1") == [(1,)]
    await database.aclose()
    gc.collect()
    await asyncio.sleep(0)
    assert heard == []


@pytest.mark.parametrize("is_fresh", [False, True])
async def test_reservations_cancelled_at_any_moment_are_whole_or_nothing_and_leave_no_lock(
    tmp_path: Path, is_fresh: bool
):
    url = sqlite_url(tmp_path)
    database = Database(url)
    held = Claim("held", Unit.TOKENS, 1, NOW + timedelta(days=1))
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None, timeout=0)
    try:
        for steps in range(25):
            if is_fresh:
                await database.aclose()
                database = Database(url)
            reserving = asyncio.create_task(SqlBudgets(database).reserve("ns", f"turn-{steps}", [held], "us", NOW))
            for _ in range(steps):
                await asyncio.sleep(0)
            reserving.cancel()
            await asyncio.wait((reserving,))
            assert await database.write_at_once("SELECT 1") == [(1,)]
            other.execute("BEGIN IMMEDIATE")
            holds = other.execute("SELECT count(*) FROM openrouter_pipe_reservation").fetchone()
            taken = other.execute("SELECT sum(reserved) FROM openrouter_pipe_budget_account").fetchone()
            other.execute("ROLLBACK")
            assert holds[0] == (taken[0] or 0)
    finally:
        other.close()
        await database.aclose()
