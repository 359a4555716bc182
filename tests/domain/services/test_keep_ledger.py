"""The ledger is written in batches, waits for nobody, and loses nothing silently."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.services import keep_ledger
from domain.services.keep_ledger import KeepLedger
from domain.services.keep_unwritten import KeepUnwritten
from domain.services.store_budget import PROBE_SECONDS, QUICK_SECONDS, STORE_SECONDS, StoreBudget, StoreHealth
from ports.ledger import Entry, EntryState
from ports.ledger_journal import JournalUnavailable
from tests.doubles.clock import START, FakeClock, settled, until
from tests.doubles.ledger import BreakableLedger
from tests.doubles.telemetry import RecordedTelemetry

STARTED = Entry("ns", "turn", 1, 1, START)
ENDED = replace(STARTED, state=EntryState.SETTLED, cost=Decimal(1))
MANY = [replace(STARTED, attempt_no=number) for number in range(20)]


class Kept:
    """A keeper over a ledger that a test breaks."""

    def __init__(self, room: int = 100) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.ledger, self.journal = BreakableLedger(), MemoryLedgerJournal(most=room)
        store = self.store = StoreHealth(self.clock, self.log)
        unwritten = KeepUnwritten((self.journal,), self.clock, self.log)
        self.keeper = KeepLedger(self.ledger, unwritten, store=store, telemetry=self.log)

    async def note(self, *entries: Entry) -> None:
        for entry in entries:
            self.keeper.note(entry)
        await self.keeper.drained()

    async def numbers(self) -> list[int]:
        return [entry.attempt_no for entry in await self.ledger.of_turn("ns", "turn")]

    def events(self) -> list[str]:
        return [line.name for line in self.log.lines]


@pytest.fixture
def kept() -> Kept:
    return Kept()


async def test_what_waits_is_written_in_one_transaction(kept):
    kept.ledger.gate = asyncio.Event()
    kept.keeper.note(MANY[0], at_once=True)
    await settled()
    for entry in MANY[1:]:
        kept.keeper.note(entry)
    kept.ledger.gate.set()
    await kept.keeper.drained()
    assert [len(batch) for batch in kept.ledger.writes] == [1, 19]


async def test_what_nobody_waits_for_is_written_a_little_later(kept):
    kept.keeper.note(MANY[0])
    kept.keeper.note(MANY[1])
    await settled()
    assert kept.ledger.writes == []
    kept.clock.advance(keep_ledger.LATER_SECONDS)
    await settled()
    assert [len(batch) for batch in kept.ledger.writes] == [2]


async def test_of_two_states_of_one_entry_that_wait_only_the_later_is_written(kept):
    await kept.note(STARTED, replace(STARTED, generation_id="gen-1"), ENDED, STARTED)
    assert kept.ledger.writes == [(ENDED,)]


async def test_batches_are_bounded(kept, monkeypatch):
    monkeypatch.setattr(keep_ledger, "BATCH", 8)
    await kept.note(*MANY)
    assert [len(batch) for batch in kept.ledger.writes] == [8, 8, 4]


async def test_what_waits_is_bounded_and_the_rest_is_counted(kept, monkeypatch):
    monkeypatch.setattr(keep_ledger, "MOST_WAITING", 5)
    kept.ledger.gate = asyncio.Event()
    done = [kept.keeper.note(entry) for entry in MANY]
    assert [one.is_set() for one in done] == [False] * 5 + [True] * 15
    kept.ledger.gate.set()
    await kept.keeper.drained()
    assert len(await kept.numbers()) == 5
    assert kept.events() == ["ledger_entries_lost", "ledger_entries_replayed"]
    assert kept.log.lines[-1].values["lost"] == 15


async def test_an_outage_is_reported_once_and_its_end_with_the_number_of_entries(kept):
    kept.ledger.broken = "locked"
    for entry in MANY[:10]:
        await kept.note(entry)
    kept.ledger.broken = ""
    await kept.note(MANY[10])
    assert await kept.numbers() == list(range(11))
    assert kept.events() == ["ledger_entries_wait", "ledger_entries_replayed"]
    assert kept.log.lines[-1].values == {"entries": 10, "lost": 0}


async def test_a_full_journal_loses_entries_and_counts_them():
    kept = Kept(room=3)
    kept.ledger.broken = "locked"
    await kept.note(*MANY[:5])
    await kept.note(*MANY[5:10])
    kept.ledger.broken = ""
    await kept.note(MANY[10])
    assert await kept.numbers() == [0, 1, 2, 10]
    assert kept.events().count("ledger_entries_lost") == 1
    assert kept.log.lines[-1].values == {"entries": 3, "lost": 7}


async def test_a_store_that_hangs_is_skipped_by_the_next_entries(kept):
    kept.ledger.gate = asyncio.Event()
    kept.keeper.note(MANY[0], at_once=True)
    await settled()
    kept.clock.advance(keep_ledger.WRITE_SECONDS)
    await until(lambda: "ledger_entries_wait" in kept.events())
    await kept.note(MANY[1])
    kept.ledger.gate.set()
    assert await kept.numbers() == []
    kept.clock.advance(PROBE_SECONDS)
    await kept.note(MANY[2])
    assert await kept.numbers() == [0, 1, 2]


async def test_waits_for_rows_count_against_what_the_store_may_add_to_the_turn(kept):
    kept.ledger.gate = asyncio.Event()
    time, waited = StoreBudget(kept.store), []
    for entry in MANY[:5]:
        began = kept.clock.monotonic()
        storing = asyncio.create_task(kept.keeper.stored(entry, asyncio.Event(), time))
        while not storing.done():
            await settled()
            if kept.clock.moments and not storing.done():
                kept.clock.advance(kept.clock.moments[0])
        waited.append(kept.clock.monotonic() - began)
    assert waited == pytest.approx([keep_ledger.PATIENCE_SECONDS] * 3 + [QUICK_SECONDS] * 2)
    assert sum(waited[:3]) == STORE_SECONDS
    found = []

    async def write(entries):
        found.extend(entries)

    await kept.journal.replay(write)
    assert found == MANY[:5]


async def test_an_entry_that_the_store_refuses_costs_no_other(kept):
    kept.ledger.refused = {"bad"}
    await kept.note(MANY[0], replace(STARTED, turn_id="bad"), MANY[1])
    assert await kept.numbers() == [0, 1]
    assert "ledger_entries_lost" in kept.events()


async def test_a_replay_that_fails_is_tried_again_with_the_next_write(kept):
    kept.ledger.broken = "locked"
    await kept.note(MANY[0])
    kept.ledger.broken = ""
    replay, kept.journal.replay = kept.journal.replay, _broken_replay
    await kept.note(MANY[1])
    assert await kept.numbers() == [1]
    kept.journal.replay = replay
    await kept.note(MANY[2])
    assert await kept.numbers() == [0, 1, 2]


async def _broken_replay(_write):
    raise JournalUnavailable("OSError")


async def test_a_long_replay_holds_no_new_entry_up(kept):
    kept.ledger.broken = "locked"
    await kept.note(*MANY[:3])
    kept.ledger.broken = ""
    replay, gate = kept.journal.replay, asyncio.Event()

    async def slow(write):
        await gate.wait()
        return await replay(write)

    kept.journal.replay = slow
    kept.keeper.note(MANY[3], at_once=True)
    await settled()
    done = kept.keeper.note(MANY[4], at_once=True)
    await settled()
    assert done.is_set()
    assert await kept.numbers() == [3, 4]
    gate.set()
    await kept.keeper.drained()
    assert await kept.numbers() == [0, 1, 2, 3, 4]


async def test_closing_keeps_what_a_hanging_store_does_not_take(kept, monkeypatch):
    monkeypatch.setattr(keep_ledger, "CLOSE_SECONDS", 0.01)
    kept.ledger.gate = asyncio.Event()
    kept.keeper.note(MANY[0], at_once=True)
    await settled()
    await kept.keeper.aclose()
    found = []

    async def write(entries):
        found.extend(entries)

    await kept.journal.replay(write)
    assert found == [MANY[0]]


async def test_closing_waits_for_the_replay_that_the_last_write_begins(kept, monkeypatch):
    kept.ledger.broken = "locked"
    await kept.note(MANY[0])
    kept.ledger.broken = ""
    kept.keeper.note(MANY[1])
    replay = kept.journal.replay

    async def slow_replay(write):
        await settled()
        return await replay(write)

    monkeypatch.setattr(kept.journal, "replay", slow_replay)
    await kept.keeper.aclose()
    assert await kept.numbers() == [0, 1]


async def test_a_defect_loses_no_entry(kept):
    async def defect(_entries):
        raise RuntimeError("a defect")

    write, kept.ledger.write = kept.ledger.write, defect
    await kept.note(MANY[0])
    kept.ledger.write = write
    await kept.note(MANY[1])
    assert await kept.numbers() == [0, 1]
