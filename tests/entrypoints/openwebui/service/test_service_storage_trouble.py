"""With any database problem the chat continues, reports it once, and overwrites nothing."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from adapters.disk.ledger_lines import entry_of
from adapters.sql import engines
from domain.services import store_budget
from entrypoints.core import storage_file
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.bound_turn import ask_as_bound_by_rights
from tests.entrypoints.openwebui.service.calling import Caller, Reply
from tests.entrypoints.openwebui.service.test_service_memory import (
    FURTHER,
    QUESTION,
    body,
    first_turn,
    rows,
    settled,
    stored,
    thoughts,
)
from tests.patience import PATIENCE

Load = Callable[[], PipeService]
OWN, KEY = "openrouter_pipe.db", "openrouter_pipe.key"
WAITS = "ledger_entries_wait"


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "openrouter_pipe")
    return caplog


@pytest.fixture(autouse=True)
def _patient_but_with_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for locks than in a host, and longer for everything else: a busy machine is no trouble of the store."""
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(store_budget, "STORE_SECONDS", PATIENCE)
    monkeypatch.setattr(store_budget, "HANGING_SECONDS", PATIENCE)


@pytest.fixture
def _quick_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a turn little time for the store, which the test keeps busy for longer than that."""
    monkeypatch.setattr(store_budget, "STORE_SECONDS", 0.5)


def warned(log: pytest.LogCaptureFixture) -> list[str]:
    """The warnings so far."""
    return [record.getMessage() for record in log.records if record.levelno >= logging.WARNING]


def by_event(warnings: list[str]) -> dict[str, str]:
    """The warnings by their events; each comes once."""
    events = {warning.partition("event='")[2].partition("'")[0]: warning for warning in warnings}
    assert len(events) == len(warnings), warnings
    return events


def contents(folder: Path) -> dict[str, bytes]:
    """Everything that is kept, but what SQLite's readers share, the list of models, which each load writes, and what
    waits for the ledger.
    """
    own = ("-shm", ".cache", ".jsonl")
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(own)}


def waiting(folder: Path) -> int:
    """The number of requests whose rows wait for the ledger on the disk, where only their owner can read them."""
    files = list(folder.glob("openrouter_pipe_ledger_*.jsonl"))
    assert {path.stat().st_mode & 0o777 for path in files} <= {0o600}
    entries = [entry_of(line) for path in files for line in path.read_bytes().splitlines()]
    return len({entry.turn_id for entry in entries if entry is not None})


def change(path: Path, *statements: str) -> None:
    """Change a database from outside, and leave one file of it."""
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def locked(path: Path, how: str) -> Iterator[None]:
    """Another writer who does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute(how)
    try:
        yield
    finally:
        other.close()


async def remembered(load: Load, simulator: Simulator) -> Reply:
    """Have one turn, kept in the files; the load is closed."""
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await caller.service.aclose()
    return reply


async def go_on(caller: Caller, reply: Reply, times: int = 2) -> list[Reply]:
    """Send further messages below a first answer, and wait for what each leaves."""
    replies = []
    for _ in range(times):
        replies.append(await caller.send(body(QUESTION, stored(reply), FURTHER)))
        await settled(caller.service)
    return replies


async def test_file_of_another_program_is_not_changed(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    for path in tmp_path.glob(f"{OWN}-*"):
        path.unlink()
    (tmp_path / OWN).write_bytes(b"no database at all " * 1_000)
    before = contents(tmp_path)
    caller = Caller(load(), simulator.url)
    replies = await go_on(caller, reply)
    await caller.service.aclose()
    assert [again.errors for again in replies] == [[], []]
    assert thoughts(simulator) == []
    events = by_event(warned(log))
    assert set(events) == {"storage_unavailable", WAITS}
    assert "damaged" in events["storage_unavailable"]
    assert contents(tmp_path) == before
    assert waiting(tmp_path) == 2


async def test_database_of_a_later_release_is_read_and_never_written(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    change(tmp_path / OWN, "UPDATE openrouter_pipe_version SET version_num = '9999'")
    before = (tmp_path / OWN).read_bytes()
    caller = Caller(load(), simulator.url)
    replies = await go_on(caller, reply)
    await caller.service.aclose()
    assert [again.errors for again in replies] == [[], []]
    assert len(thoughts(simulator)) == 1
    events = by_event(warned(log))
    assert set(events) == {"storage_read_only", WAITS}
    assert "too new" in events["storage_read_only"]
    assert "read-only" in events[WAITS]
    assert (tmp_path / OWN).read_bytes() == before
    assert waiting(tmp_path) == 2


async def test_later_release_whose_tables_cannot_be_read_costs_the_thinking_only(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    statements = (
        "UPDATE openrouter_pipe_version SET version_num = '9999'",
        "ALTER TABLE openrouter_pipe_artifact RENAME TO openrouter_pipe_kept",
    )
    change(tmp_path / OWN, *statements)
    before = (tmp_path / OWN).read_bytes()
    caller = Caller(load(), simulator.url)
    replies = await go_on(caller, reply)
    await caller.service.aclose()
    assert [again.errors for again in replies] == [[], []]
    assert thoughts(simulator) == []
    assert "too new" in warned(log)[0]
    assert (tmp_path / OWN).read_bytes() == before


async def test_database_that_must_not_be_written_is_read(load: Load, simulator: Simulator, tmp_path: Path) -> None:
    reply = await remembered(load, simulator)
    change(tmp_path / OWN)
    before = (tmp_path / OWN).read_bytes()
    (tmp_path / OWN).chmod(0o444)
    errors, warnings = await ask_as_bound_by_rights(simulator.url, body(QUESTION, stored(reply), FURTHER))
    assert errors == []
    assert len(thoughts(simulator)) == 1
    events = by_event(warnings)
    assert set(events) == {"storage_read_only", WAITS}
    assert all("read-only" in warning for warning in warnings)
    assert (tmp_path / OWN).read_bytes() == before
    assert waiting(tmp_path) == 1


async def test_folder_that_must_not_be_written_costs_the_memory_only(
    load: Load, simulator: Simulator, tmp_path: Path
) -> None:
    reply = await remembered(load, simulator)
    for path in tmp_path.iterdir():
        path.unlink()
    tmp_path.chmod(0o555)
    try:
        errors, warnings = await ask_as_bound_by_rights(simulator.url, body(QUESTION, stored(reply), FURTHER))
    finally:
        tmp_path.chmod(0o755)
    assert errors == []
    assert thoughts(simulator) == []
    events = by_event(warnings)
    assert set(events) - {"catalog_not_kept"} == {"storage_unavailable", WAITS}  # the list may come before the end
    assert "journal='PermissionError'" in events[WAITS]  # in memory, then
    assert os.listdir(tmp_path) == []


async def test_database_another_process_writes_all_the_time_is_read(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    caller = Caller(load(), simulator.url)
    with locked(tmp_path / OWN, "BEGIN IMMEDIATE"):
        replies = await go_on(caller, reply)
    assert [again.errors for again in replies] == [[], []]
    assert len(thoughts(simulator)) == 1
    events = by_event(warned(log))
    assert set(events) == {"conversation_memory_failed", WAITS}
    assert all("locked" in warning for warning in events.values())


@pytest.mark.usefixtures("_quick_to_give_up")
async def test_unreadable_database_costs_the_memory_only(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    change(tmp_path / OWN)
    with closing(sqlite3.connect(tmp_path / OWN, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("CREATE TABLE other (x)")
        caller = Caller(load(), simulator.url)
        replies = await go_on(caller, reply, 1)
    await caller.service.aclose()
    assert replies[0].errors == []
    assert thoughts(simulator) == []
    events = by_event(warned(log))
    events.pop(WAITS, None)  # nobody knows yet whether the file will open
    assert events
    assert all("locked" in warning or "timeout" in warning for warning in events.values())
    with closing(sqlite3.connect(tmp_path / OWN)) as database:
        assert database.execute("SELECT count(DISTINCT turn_id) FROM openrouter_pipe_artifact").fetchone() == (1,)


@pytest.mark.usefixtures("_quick_to_give_up")
async def test_first_message_does_not_wait_for_a_database_that_cannot_be_made_yet(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    for path in tmp_path.iterdir():
        path.unlink()
    with locked(tmp_path / OWN, "BEGIN IMMEDIATE"):
        caller = Caller(load(), simulator.url)
        again = await caller.send(body(QUESTION, stored(reply), FURTHER))
        assert again.errors == []
        assert thoughts(simulator) == []
        (warning,) = warned(log)
        assert "timeout" in warning
    await settled(caller.service)
    assert (tmp_path / KEY).exists()


async def test_memory_recovers_by_itself_when_the_lock_is_gone(
    load: Load, simulator: Simulator, tmp_path: Path
) -> None:
    reply = await remembered(load, simulator)
    caller = Caller(load(), simulator.url)
    with locked(tmp_path / OWN, "BEGIN IMMEDIATE"):
        await go_on(caller, reply, 1)
    (second,) = await go_on(caller, reply, 1)
    await caller.send(body(QUESTION, stored(reply), FURTHER, stored(second), FURTHER))
    assert len(thoughts(simulator)) == 2


async def test_invalid_key_file_is_not_changed_and_nothing_is_kept(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    (tmp_path / KEY).write_bytes(b"not a key")
    change(tmp_path / OWN)
    before = rows(tmp_path, "artifact")
    caller = Caller(load(), simulator.url)
    replies = await go_on(caller, reply)
    await caller.service.aclose()
    assert [again.errors for again in replies] == [[], []]
    assert thoughts(simulator) == []
    (warning,) = warned(log)
    assert "artifact_key_unusable" in warning
    assert (tmp_path / KEY).read_bytes() == b"not a key"
    assert rows(tmp_path, "artifact") == before != []
    assert len(rows(tmp_path, "usage_entry")) == 3  # what turns cost is no secret of theirs, and needs no key


async def test_lost_key_file_costs_the_rows_it_sealed_and_is_reported(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    reply = await remembered(load, simulator)
    (tmp_path / KEY).unlink()
    caller = Caller(load(), simulator.url)
    replies = await go_on(caller, reply)
    assert [again.errors for again in replies] == [[], []]
    assert thoughts(simulator) == []
    (warning,) = warned(log)
    assert "unknown key" in warning


async def test_full_disk_costs_the_memory_only_and_is_logged_once(
    load: Load, simulator: Simulator, log: pytest.LogCaptureFixture
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)

    def fill(connection: Any, _: object) -> None:
        connection.cursor().execute("PRAGMA max_page_count=1")

    event.listen(Pool, "connect", fill)
    try:
        full = Caller(load(), simulator.url)
        replies = await go_on(full, reply, 3)
    finally:
        event.remove(Pool, "connect", fill)
    assert [again.errors for again in replies] == [[], [], []]
    assert len(thoughts(simulator)) == 1
    (warning,) = warned(log)
    assert "full" in warning


@pytest.mark.parametrize("how", ["vanished", "replaced"])
async def test_lost_file_is_logged_once_and_the_chats_after_it_are_remembered_again(
    load: Load,
    simulator: Simulator,
    tmp_path: Path,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(storage_file, "LOOK_SECONDS", 0.0)
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    if how == "replaced":
        (tmp_path / "other.db").touch(mode=0o600)
        (tmp_path / "other.db").rename(tmp_path / OWN)
    else:
        (tmp_path / OWN).unlink()
    replies = await go_on(caller, reply, 3)
    assert [again.errors for again in replies] == [[], [], []]
    await caller.send(body(QUESTION, stored(reply), FURTHER, stored(replies[-1]), FURTHER))
    assert len(thoughts(simulator)) == 1
    (warning,) = warned(log)
    assert "storage_file_lost" in warning
    assert how in warning


async def test_lost_file_is_noticed_by_the_first_write_and_rows_of_the_ledger_come_into_the_new_one(
    load: Load, simulator: Simulator, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    caller = Caller(load(), simulator.url)
    reply = await first_turn(caller)
    await settled(caller.service)
    (tmp_path / OWN).unlink()
    replies = await go_on(caller, reply)
    await caller.service.aclose()
    assert [again.errors for again in replies] == [[], []]
    assert waiting(tmp_path) == 0
    with closing(sqlite3.connect(tmp_path / OWN)) as database:
        found = database.execute("SELECT count(DISTINCT turn_id) FROM openrouter_pipe_usage_entry").fetchone()
    assert found == (2,)
    assert "storage_file_lost" in by_event(warned(log))
