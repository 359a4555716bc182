"""The contract of every LedgerJournal."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.disk import ledger_journal
from adapters.disk.ledger_journal import DiskLedgerJournal
from adapters.disk.ledger_lines import entry_of, line_of
from adapters.memory.ledger_journal import MemoryLedgerJournal
from ports.ledger import Entry
from ports.ledger_journal import JournalUnavailable, LedgerJournal
from tests.contracts.ledger_cases import ENDED, GUESSED, STARTED, VOID

JOURNALS: tuple[type[LedgerJournal], ...] = (MemoryLedgerJournal, DiskLedgerJournal)
ROOM = 100_000
ENTRIES = [STARTED, ENDED, GUESSED, VOID]
MANY = [replace(ENDED, turn_id=str(number)) for number in range(500)]


@pytest.fixture(params=["memory", "disk"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerJournal:
    return MemoryLedgerJournal(most=250) if request.param == "memory" else disk(tmp_path)


def disk(folder: Path, owner: str = "one", most_bytes: int = ROOM) -> DiskLedgerJournal:
    return DiskLedgerJournal(folder, owner, most_bytes)


async def replayed(journal: LedgerJournal) -> list[Entry]:
    found: list[Entry] = []

    async def write(entries):
        found.extend(entries)

    assert await journal.replay(write) == len(found)
    return found


async def test_entries_come_back_in_their_order_and_once(journal):
    assert await journal.append(ENTRIES[:2]) == 2
    assert await journal.append(ENTRIES[2:]) == 2
    assert await replayed(journal) == ENTRIES
    assert await replayed(journal) == []


async def test_an_empty_journal_replays_nothing(journal):
    assert await replayed(journal) == []


async def test_it_has_an_end(journal):
    kept = await journal.append(MANY)
    assert 0 < kept < len(MANY)
    assert await journal.append(ENTRIES) == 0
    assert await replayed(journal) == MANY[:kept]
    assert await journal.append(ENTRIES) == len(ENTRIES)
    await journal.aclose()


async def test_what_could_not_be_written_stays(journal):
    await journal.append(ENTRIES)

    async def fail(_entries):
        raise ValueError("still broken")

    with pytest.raises(ValueError, match="still broken"):
        await journal.replay(fail)
    assert await replayed(journal) == ENTRIES


async def test_entries_appended_after_a_replay_are_kept(journal):
    await journal.append([STARTED])
    await replayed(journal)
    await journal.append([ENDED])
    assert await replayed(journal) == [ENDED]


async def test_entries_appended_during_a_replay_wait_for_nothing_and_are_kept(journal):
    await journal.append([STARTED])
    found: list[Entry] = []

    async def write(entries):
        if not found:
            assert await journal.append([ENDED]) == 1
        found.extend(entries)

    await journal.replay(write)
    found += await replayed(journal)
    assert found == [STARTED, ENDED]


async def test_the_file_is_its_owners_and_goes_with_its_entries(tmp_path):
    journal = disk(tmp_path)
    assert not [*tmp_path.iterdir()]
    await journal.append(ENTRIES)
    [file] = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    await replayed(journal)
    assert not [*tmp_path.iterdir()]


async def test_what_a_dead_process_left_is_replayed(tmp_path):
    dead = disk(tmp_path, "dead")
    await dead.append(ENTRIES)
    await dead.aclose()
    assert await replayed(disk(tmp_path, "next")) == ENTRIES
    assert not [*tmp_path.iterdir()]


async def test_the_file_of_a_process_that_lives_is_left_alone(tmp_path):
    living = disk(tmp_path, "living")
    await living.append(ENTRIES)
    assert await replayed(disk(tmp_path, "next")) == []
    assert await replayed(living) == ENTRIES


def taken(folder: Path) -> tuple[Path, int]:
    """Take the only file as a process does that replays what dead ones left."""
    [file] = folder.iterdir()
    handle = os.open(file, os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file, handle


async def test_a_new_file_that_another_process_takes_before_it_is_locked_loses_nothing(tmp_path, monkeypatch):
    rivals: list[tuple[Path, int]] = []

    def flock(handle: int, how: int) -> None:
        if not rivals:
            rivals.append(taken(tmp_path))
        fcntl.flock(handle, how)

    locks = SimpleNamespace(LOCK_EX=fcntl.LOCK_EX, LOCK_NB=fcntl.LOCK_NB, flock=flock)
    monkeypatch.setattr(ledger_journal, "fcntl", locks)
    journal = disk(tmp_path)
    assert await journal.append([STARTED]) == 1
    [(file, handle)] = rivals
    assert file.read_bytes() == b""
    file.unlink()
    os.close(handle)
    assert await replayed(journal) == [STARTED]


async def test_a_file_that_another_process_takes_as_soon_as_it_may_takes_nothing_later_with_it(tmp_path):
    rivals: list[tuple[Path, int]] = []

    class LetGo(DiskLedgerJournal):
        def _close(self) -> None:
            was_open = self._handle is not None
            super()._close()
            if was_open and not rivals:
                rivals.append(taken(tmp_path))

    journal = LetGo(tmp_path, "one", ROOM)
    await journal.append([STARTED])
    assert await replayed(journal) == []
    await journal.append([ENDED])
    [(file, handle)] = rivals
    file.unlink()
    os.close(handle)
    assert await replayed(journal) == [ENDED]


async def test_all_processes_share_the_room(tmp_path):
    one, other = disk(tmp_path, "one"), disk(tmp_path, "other")
    kept = await one.append(MANY)
    assert await other.append(MANY) <= 1
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= ROOM
    await one.aclose()
    await other.aclose()
    assert kept > 100


async def test_half_a_line_is_skipped(tmp_path):
    journal = disk(tmp_path, "dead")
    await journal.append([STARTED, ENDED])
    await journal.aclose()
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert await replayed(disk(tmp_path)) == [STARTED]


async def test_a_file_that_was_deleted_is_made_again(tmp_path):
    journal = disk(tmp_path)
    await journal.append([STARTED])
    [file] = tmp_path.iterdir()
    file.unlink()
    await journal.append([ENDED])
    assert await replayed(journal) == [ENDED]


async def test_a_link_is_not_followed(tmp_path):
    target = tmp_path / "elsewhere"
    target.write_bytes(b"")
    os.symlink(target, tmp_path / "openrouter_pipe_ledger_one.jsonl")
    with pytest.raises(JournalUnavailable):
        await disk(tmp_path).append([STARTED])
    assert target.read_bytes() == b""


async def test_a_missing_folder_is_an_error_without_data(tmp_path):
    with pytest.raises(JournalUnavailable) as caught:
        await disk(tmp_path / "none").append([STARTED])
    assert caught.value.reason == "FileNotFoundError"


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_is_a_line_and_back(entry):
    line = line_of(entry)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert entry_of(line) == entry


@given(st.binary() | st.dictionaries(st.text(), st.integers() | st.text()).map(lambda value: repr(value).encode()))
def test_any_other_line_is_none(line):
    assert entry_of(line) is None


@given(st.sampled_from(["call_no", "cost", "started_at", "state", "is_byok"]), st.text() | st.none() | st.integers())
def test_a_damaged_line_is_none_or_an_entry(name, value):
    import json

    damaged = json.dumps({**json.loads(line_of(ENDED)), name: value}).encode()
    assert entry_of(damaged) is None or isinstance(entry_of(damaged), Entry)
