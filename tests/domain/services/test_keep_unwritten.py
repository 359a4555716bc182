"""What the ledger does not take waits in a journal, and in memory where there is no room or no answer on the disk."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.services.keep_unwritten import JOURNAL_SECONDS, KeepUnwritten
from ports.ledger import Entry
from ports.ledger_journal import JournalUnavailable
from tests.doubles.clock import START, FakeClock, settled, until
from tests.doubles.telemetry import RecordedTelemetry

MANY = [replace(Entry("ns", "turn", 1, 1, START), attempt_no=number) for number in range(10)]


class Disk(MemoryLedgerJournal):
    """A journal that a test breaks. `gate`: what it waits for; `asked`: how often it was."""

    def __init__(self, most: int = 100) -> None:
        super().__init__(most=most)
        self.broken, self.asked, self.closed = "", 0, False
        self.gate: asyncio.Event | None = None

    async def append(self, entries):
        self.asked += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise JournalUnavailable(self.broken)
        return await super().append(entries)

    async def aclose(self):
        self.closed = True


class Kept:
    """Two journals, and what was replayed from them."""

    def __init__(self) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.disk, self.memory = Disk(), Disk()
        self.unwritten = KeepUnwritten((self.disk, self.memory), self.clock, self.log)
        self.found: list[int] = []

    async def replay(self) -> list[int]:
        await self.unwritten.replay(self.write)
        return sorted(self.found)

    async def write(self, entries):
        self.found.extend(entry.attempt_no for entry in entries)

    def lines(self) -> list[tuple[str, Mapping[str, object]]]:
        return [(line.name, line.values) for line in self.log.lines]


@pytest.fixture
def kept() -> Kept:
    return Kept()


async def test_the_disk_is_asked_first_and_the_memory_only_for_the_rest(kept):
    kept.disk = Disk(most=4)
    kept.unwritten = KeepUnwritten((kept.disk, kept.memory), kept.clock, kept.log)
    await kept.unwritten.keep(MANY[:3], "locked")
    assert kept.memory.asked == 0
    await kept.unwritten.keep(MANY[3:], "locked")
    assert await kept.replay() == list(range(10))
    assert kept.lines() == [
        ("ledger_entries_wait", {"reason": "locked", "entries": 3}),
        ("ledger_entries_wait", {"reason": "locked", "entries": 7, "journal": "full"}),
        ("ledger_entries_replayed", {"entries": 10, "lost": 0}),
    ]


async def test_a_disk_that_must_not_be_written_costs_no_entry_and_one_line(kept):
    kept.disk.broken = "PermissionError"
    for entry in MANY:
        await kept.unwritten.keep([entry], "read-only")
    assert kept.lines() == [
        ("ledger_entries_wait", {"reason": "read-only", "entries": 1, "journal": "PermissionError"})
    ]
    assert await kept.replay() == list(range(10))


async def test_what_finds_room_nowhere_is_counted_and_reported_once(kept):
    kept.disk.broken, kept.memory.broken = "OSError", "full"
    for entry in MANY:
        await kept.unwritten.keep([entry], "full")
    assert await kept.replay() == []
    assert kept.lines() == [
        ("ledger_entries_lost", {"entries": 1, "reason": "full; OSError"}),
        ("ledger_entries_replayed", {"entries": 0, "lost": 10}),
    ]


async def test_a_disk_that_hangs_holds_entries_up_once_and_is_asked_again_when_it_answers(kept):
    kept.disk.gate = asyncio.Event()
    keeping = asyncio.create_task(kept.unwritten.keep(MANY[:1], "timeout"))
    await settled()
    kept.clock.advance(JOURNAL_SECONDS)
    await until(keeping.done)
    for entry in MANY[1:5]:
        await kept.unwritten.keep([entry], "timeout")
    assert kept.disk.asked == 1
    kept.disk.gate.set()
    await settled()
    await kept.unwritten.keep(MANY[5:], "timeout")
    assert kept.disk.asked == 2
    assert set(await kept.replay()) == set(range(10))


async def test_closing_does_not_wait_for_a_disk_that_hangs(kept):
    kept.disk.gate = asyncio.Event()
    keeping = asyncio.create_task(kept.unwritten.keep(MANY[:1], "timeout"))
    await settled()
    kept.clock.advance(JOURNAL_SECONDS)
    await until(keeping.done)
    await kept.unwritten.aclose()
    assert (kept.disk.closed, kept.memory.closed) == (False, True)


async def test_while_nobody_knows_whether_the_ledger_fails_nothing_is_reported(kept):
    await kept.unwritten.keep(MANY[:5])
    assert kept.lines() == []
    await kept.unwritten.keep(MANY[5:], "not open")
    assert [name for name, _ in kept.lines()] == ["ledger_entries_wait"]
    assert await kept.replay() == list(range(10))


async def test_a_replay_that_fails_ends_no_outage(kept):
    await kept.unwritten.keep(MANY, "locked")
    write, kept.write = kept.write, None
    with pytest.raises(TypeError):
        await kept.replay()
    assert kept.unwritten.waits
    await kept.unwritten.keep(MANY[:1], "locked")
    kept.write = write
    assert set(await kept.replay()) == set(range(10))
    assert [name for name, _ in kept.lines()] == ["ledger_entries_wait", "ledger_entries_replayed"]
