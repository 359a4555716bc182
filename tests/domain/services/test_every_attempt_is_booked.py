"""No sequence of events leaves two entries for one attempt, or none, whatever becomes of the turn and of the store."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.conversation.figures import Figures
from domain.request.bookkeeping import Bookkeeping
from domain.request.turn_request import Person
from domain.services.book_attempts import BookAttempts
from domain.services.keep_ledger import KeepLedger
from domain.services.keep_unwritten import KeepUnwritten
from domain.services.look_up_bills import LookUpBills
from domain.services.store_budget import StoreHealth
from domain.services.turn_bill import TurnBill
from domain.turn.events import Cancelled
from domain.turn.steps import AttemptBegan, AttemptEnded, Booking, CallUpstream, Step
from ports.ledger import Entry, EntryState
from ports.responses import Reach
from tests.domain.services.stage import MODEL, REQUEST, Stage, said
from tests.domain.services.test_turn_left_at_any_moment import MOMENTS, SCRIPTS, SlowOffload, tick
from tests.domain.turn.random_turns import BATCHES, PLANS
from tests.domain.turn.test_turn_properties import played
from tests.doubles.clock import FakeClock
from tests.doubles.ledger import BreakableLedger, RecordedGenerations
from tests.doubles.telemetry import RecordedTelemetry
from tests.doubles.toolbox import ScriptedToolbox
from tests.examples import examples, some_of

BOOKED = replace(REQUEST, turn_id="turn", person=Person("ann"), ledger=Bookkeeping("ns"))


class Kept:
    """A ledger in memory and its keeper."""

    def __init__(self, clock: FakeClock | None = None, log: RecordedTelemetry | None = None) -> None:
        clock, log = clock or FakeClock(), log or RecordedTelemetry()
        self.ledger = BreakableLedger()
        unwritten = KeepUnwritten((MemoryLedgerJournal(),), clock, log)
        self.keeper = KeepLedger(self.ledger, unwritten, store=StoreHealth(clock, log), telemetry=log)
        self.keeper.bills = LookUpBills(RecordedGenerations(), clock, self.keeper.note)

    async def entries(self) -> tuple[Entry, ...]:
        """Repair the store; return all entries of the turn, what waited in the journal included."""
        await self.keeper.drained()
        self.ledger.broken = ""
        self.keeper.note(Entry("ns", "another", 1, 1, self.keeper.clock.now()))
        await self.keeper.drained()
        await self.keeper.aclose()
        return await self.ledger.of_turn("ns", "turn")


def check(entries: Sequence[Entry], attempts: Sequence[Step]) -> None:
    """Each attempt has one entry with the state that its end asks for."""
    ends = [step for step in attempts if isinstance(step, AttemptEnded)]
    assert len(entries) == len(ends)
    for entry, end in zip(entries, ends, strict=True):
        if end.usage is not None and end.usage.cost is not None:
            assert (entry.state, entry.cost) == (EntryState.SETTLED, end.usage.cost)
        elif end.outcome.reach is Reach.NOT_SENT:
            assert entry.state is EntryState.VOID
        elif entry.state is EntryState.STARTED:
            assert entry.generation_id
        if entry.state is EntryState.ESTIMATED:
            assert entry.cost is None or entry.cost > 0


@examples(150)
@given(PLANS, BATCHES, st.lists(st.booleans(), max_size=8))
def test_every_attempt_of_any_turn_has_one_entry(plan, batches, outages):
    async def run() -> None:
        kept, bill, steps = Kept(), TurnBill(), played(plan, batches, Cancelled())[1]
        book = BookAttempts(kept.keeper, BOOKED, REQUEST.route, MODEL, (MODEL,), Figures(sent=4), bill)
        seen: list[Booking] = []
        journal, health = book.before(seen.append), iter(outages)
        for step in steps:
            if isinstance(step, AttemptBegan | AttemptEnded):
                journal(step)
            elif isinstance(step, CallUpstream) and book.latest is not None:
                kept.ledger.broken = "locked" if next(health, False) else ""
                await book.latest.sending()
                book.latest.answered("")
        attempts = [step for step in steps if isinstance(step, AttemptBegan | AttemptEnded)]
        assert [(type(step), step.no) for step in seen] == [(type(step), step.no) for step in attempts]
        if book.latest is not None:
            book.latest.closed()
        entries = await kept.entries()
        check(entries, seen)
        assert bill.paid == await kept.ledger.paid("ns", "ann")
        assert bill.paid.total == sum((one.cost or 0) + (one.upstream_cost or 0) for one in entries)

    asyncio.run(run())


@pytest.mark.parametrize("broken", ["", "locked"])
@pytest.mark.parametrize("scripts", SCRIPTS.values(), ids=SCRIPTS)
async def test_a_turn_stopped_at_any_moment_leaves_one_entry_per_attempt(scripts, broken):
    for moment in some_of(MOMENTS[::3]):
        books: list[Kept] = []

        def keeping(clock, log, books=books):
            books.append(Kept(clock, log))
            return books[0].keeper

        stage = Stage(*scripts, offload=SlowOffload(), keeping=keeping)
        books[0].ledger.broken = broken
        reader = stage.reading([], BOOKED, toolbox=ScriptedToolbox({"look": "found"}))
        await tick(stage, moment)
        await stage.stop(reader)
        began = stage.log.named("attempt_began")
        entries = await books[0].entries()
        assert len(entries) == len(began)
        for entry in entries:
            assert entry.state is not EntryState.STARTED or entry.generation_id
        sent = sum(entry.state is not EntryState.VOID for entry in entries)
        assert len(stage.responses.calls) >= sent


async def test_rounds_are_calls_and_retries_are_attempts():
    books: list[Kept] = []

    def keeping(clock, log):
        books.append(Kept(clock, log))
        return books[0].keeper

    scripts = [*SCRIPTS["a round of tools"][:1], *SCRIPTS["a retry"][:1], said("found")]
    stage = Stage(*scripts, keeping=keeping)
    reader = stage.reading([], BOOKED, toolbox=ScriptedToolbox({"look": "found"}))
    while not reader.done():
        await tick(stage, 10)
    await stage.run_turn.drained()
    entries = await books[0].entries()
    assert [(entry.call_no, entry.attempt_no) for entry in entries] == [(1, 1), (2, 1), (2, 2)]
    assert [entry.state for entry in entries[1:]] == [EntryState.VOID, EntryState.SETTLED]
