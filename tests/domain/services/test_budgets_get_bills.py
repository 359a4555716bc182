"""Budgets count what upstream billed, also where the bill comes after the turn; what was never sent counts nothing."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.request.bookkeeping import Bookkeeping
from domain.services.keep_holds import ORPHANS
from domain.services.keep_ledger import KeepLedger
from domain.services.look_up_bills import GAPS, LookUpBills
from domain.services.orphan_costs import SILENT_SECONDS
from domain.services.store_budget import HANGING_SECONDS, StoreHealth, StoreTrouble
from ports.budgets import Balance, BudgetsUnavailable, Claim, Unit
from ports.generations import GenerationRecord
from ports.ledger import EntryState
from ports.response_events import TextDelta
from tests.domain.services.budgeted import LIMITED, Budgeted, tokens, usd
from tests.domain.services.stage import said
from tests.doubles.clock import settled, until
from tests.doubles.ledger import BreakableLedger, RecordedGenerations, unwritten_in_memory
from tests.doubles.responses import Hang, Leaving, Move

BOOKED = replace(LIMITED, ledger=Bookkeeping("ns"))
RECORD = GenerationRecord("gen-1", cost=Decimal("3"), input_tokens=7, output_tokens=3)
STOPPED: list[Move] = [[TextDelta(0, "msg_1", 0, "Be")], Hang()]


class Billed(Budgeted):
    """A stage with budgets and a ledger; every answer is named gen-1, and upstream has these records."""

    def __init__(self, *scripts, records=(RECORD,)) -> None:
        self.booked, self.generations = BreakableLedger(), RecordedGenerations(*records)

        def keeping(clock, log):
            keeper = KeepLedger(
                self.booked, unwritten_in_memory(clock, log), store=StoreHealth(clock, log), telemetry=log
            )
            self.bills = keeper.bills = LookUpBills(self.generations, clock, keeper.note)
            return keeper

        super().__init__(*scripts, keeping=keeping)
        self.responses.named = "gen-1"

    async def stopped(self) -> None:
        """Run a turn and stop it once its request has left."""
        reading = self.reading([], BOOKED)
        await until(lambda: self.responses.calls and self.responses.calls[-1].watch.released)
        await settled()
        await self.stop(reading)

    async def wait_for_bills(self) -> None:
        for gap in GAPS:
            await settled()
            self.clock.advance(gap)
        await settled()


@pytest.fixture(autouse=True)
async def closed(nothing_left_running):
    """Close every stage before it is checked that nothing runs any more."""
    yield
    for stage in Budgeted.opened:
        await stage.turns.aclose()
        await stage.holds.aclose()
        await stage.keeper.aclose()
    Budgeted.opened.clear()


async def test_a_stopped_turn_keeps_its_reservation_until_upstream_has_written_its_bill():
    stage = Billed(STOPPED)
    await stage.stopped()
    spent, reserved = await stage.balance()
    assert (spent, reserved > 0) == (0, True)
    await stage.wait_for_bills()
    assert await stage.balance() == (usd("3"), 0)


async def test_without_a_bill_the_estimate_is_posted():
    stage = Billed(STOPPED, records=())
    await stage.stopped()
    await stage.wait_for_bills()
    spent, reserved = await stage.balance()
    assert (0 < spent < usd("0.1"), reserved) == (True, 0)


async def test_a_call_that_upstream_refused_while_its_reader_left_costs_nothing():
    stage = Billed([Leaving(lambda: stage.responses.calls[-1].watch.refused(400))])
    await stage.stopped()
    await settled()
    assert await stage.balance() == (0, 0)


async def test_a_turn_that_was_stopped_before_its_request_left_counts_nothing():
    stage = Billed(STOPPED)
    stage.booked.gate = asyncio.Event()  # the request waits for its entry
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.calls)
    reading.cancel()
    await until(reading.done)
    stage.booked.gate.set()
    await stage.run_turn.drained()
    assert await stage.balance() == (0, 0)
    assert await stage.budgets.expire("ns", stage.clock.now(), 10) == ()


@pytest.mark.parametrize("stops", [False, True])
async def test_a_budget_is_settled_only_once_the_ledger_says_the_same(stops):
    """Else a process that dies in between leaves an entry that counts, and a budget that knows nothing of it."""
    stage = Billed(STOPPED if stops else said("Hello"))
    written = asyncio.Event()
    reading = stage.reading([], BOOKED)
    if stops:  # its request waits for its entry, and never leaves
        stage.booked.gate = written
        await until(lambda: stage.responses.calls)
        reading.cancel()
    else:
        await until(lambda: stage.booked.writes)  # its entry; what becomes of it is stored later
        stage.booked.gate = written
    await until(reading.done)
    await settled()
    (hold,) = await stage.budgets.expire("ns", stage.clock.now() + timedelta(days=1), 10)
    assert hold.turn_id == "turn"
    written.set()
    await stage.run_turn.drained()
    states = {entry.state for entry in await stage.booked.of_turn("ns", "turn")}
    assert states == {EntryState.VOID if stops else EntryState.SETTLED}
    assert await stage.budgets.expire("ns", stage.clock.now() + timedelta(days=1), 10) == ()


async def test_a_process_that_ends_before_the_bill_leaves_the_reservation_to_the_ledger():
    stage = Billed(STOPPED)
    await stage.stopped()
    await stage.turns.aclose()
    spent, reserved = await stage.balance()
    assert (spent, reserved > 0) == (0, True)


async def test_a_turn_that_ran_without_a_reservation_is_left_to_the_ledger_too():
    stage = Billed(STOPPED)
    stage.budgets.down = True
    await stage.stopped()
    stage.budgets.down = False
    await stage.turns.aclose()
    spent, reserved = await stage.balance()
    assert (spent, 0 < reserved < usd("0.1")) == (0, True)


async def test_if_the_store_is_down_until_the_end_its_estimate_is_posted_by_the_last_try():
    stage = Billed(STOPPED)
    stage.budgets.down = True
    await stage.stopped()
    await stage.turns.aclose()
    stage.budgets.down = False
    await stage.holds.aclose()
    spent, reserved = await stage.balance()
    assert (0 < spent < usd("0.1"), reserved) == (True, 0)


async def test_what_the_store_did_not_take_is_posted_with_the_next_turn():
    stage = Billed(STOPPED, STOPPED)
    stage.budgets.down = True
    await stage.stopped()
    await stage.wait_for_bills()
    stage.budgets.down = False
    reading = stage.reading([], replace(BOOKED, turn_id="second"))
    await until(lambda: stage.responses.open)
    await stage.stop(reading)
    await stage.wait_for_bills()
    assert await stage.balance() == (usd("6"), 0)


async def test_a_process_that_ends_posts_what_waits_even_if_the_store_hung_a_moment_ago():
    stage = Billed(STOPPED)
    stage.budgets.down = True
    await stage.stopped()
    await stage.wait_for_bills()
    stage.budgets.down = False
    with suppress(StoreTrouble):
        async with stage.holds.store.watched("frozen", writes=True):
            stage.clock.advance(HANGING_SECONDS)
            raise BudgetsUnavailable("frozen")
    assert stage.holds.store.hangs(writes=True)
    await stage.holds.aclose()
    assert await stage.balance() == (usd("3"), 0)


async def test_all_that_processes_left_is_settled_at_once_however_much_it_is():
    stage = Billed()
    claim, now = Claim("all", Unit.USD, 1, stage.clock.now() + timedelta(days=1)), stage.clock.now()
    for number in range(2 * ORPHANS + 1):
        await stage.budgets.reserve("ns", f"turn-{number}", [claim], "gone", now)
    await stage.holds.tend("ns", now + timedelta(seconds=1))
    (balance,) = await stage.budgets.read("ns", ["all"])
    assert (balance.spent, balance.reserved) == (2 * ORPHANS + 1, 0)
    assert await stage.budgets.expire("ns", now + timedelta(seconds=1), 10) == ()


async def test_what_a_vanished_process_held_is_given_back_only_once_no_journal_can_name_it():
    stage = Billed(STOPPED)
    claim, now = Claim("all", Unit.USD, 5, stage.clock.now() + timedelta(days=1)), stage.clock.now()
    await stage.budgets.reserve("ns", "gone", [claim], "gone", now)
    stage.holds.add("ns", "running", books=True)
    await stage.holds.tend("ns", now)
    assert await stage.budgets.read("ns", ["all"]) == (Balance("all", spent=5),)
    stage.clock.advance(SILENT_SECONDS)
    await stage.holds.tend("ns", stage.clock.now())
    assert await stage.budgets.read("ns", ["all"]) == (Balance("all"),)


async def test_a_call_that_upstream_refused_while_its_reader_left_counts_no_tokens():
    rule = tokens(10_000)
    stage = Billed([Leaving(lambda: stage.responses.calls[-1].watch.refused(400))])
    stage.rules = (rule,)
    await stage.stopped()
    await settled()
    assert await stage.balance(rule) == (0, 0)


async def test_a_turn_of_a_model_without_budgets_leaves_nothing_behind():
    stage = Billed(STOPPED)
    stage.rules = (tokens(10_000, models="maker/other"),)
    await stage.stopped()
    await stage.turns.aclose()
    assert await stage.budgets.expire("ns", stage.clock.now() + timedelta(days=1), 10) == ()
