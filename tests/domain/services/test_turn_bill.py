"""What a turn costs is one number: in its bill, in the ledger, in the last line of its answer, in the metrics."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.figures import Figures
from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.request.bookkeeping import Bookkeeping
from domain.request.turn_request import Person
from domain.services.book_attempts import BookAttempts
from domain.services.keep_ledger import KeepLedger
from domain.services.store_budget import StoreHealth
from domain.services.turn_bill import TurnBill
from domain.turn.outcome import Ending, Outcome
from domain.turn.steps import AttemptBegan, AttemptEnded, End, Output, Reason
from domain.usage.prices import Price
from entrypoints.openai.frames import usage_object
from entrypoints.sentences.usage import Used, dollars, usage_line
from ports.catalog import Model
from ports.ledger import CostSource, Entry
from ports.responses import Endpoint, Reach, ResponsesBody
from ports.usage import EXACT, Paid, Timing, Usage
from tests.domain.services.stage import COST, MODEL, REQUEST, Stage, end_of, said
from tests.domain.services.test_run_turn import NOT_SENT
from tests.doubles.clock import FakeClock, settled
from tests.doubles.ledger import BreakableLedger, unwritten_in_memory
from tests.doubles.telemetry import RecordedTelemetry
from tests.examples import examples

BOOKED = replace(REQUEST, turn_id="turn", person=Person("ann"), ledger=Bookkeeping("ns"))
AMOUNTS = st.none() | st.decimals(0, 1000, allow_nan=False, places=9) | st.decimals("1E-40", "1E-25", allow_nan=False)
COUNTS = st.integers(0, 10**6)
USAGES = st.none() | st.builds(
    Usage, COUNTS, COUNTS, COUNTS, cost=AMOUNTS, upstream_cost=AMOUNTS, is_byok=st.booleans()
)
FAULTS = st.none() | st.builds(Fault, st.just(FaultKind.SERVER), rule=st.sampled_from(RetryRule))
UNKNOWN = Model("maker/unknown", "Unknown")
ATTEMPTS = st.lists(
    st.tuples(
        st.booleans(),  # whether the request left
        st.sampled_from((MODEL.id, UNKNOWN.id, "maker/of-no-catalog")),
        st.builds(Outcome, st.sampled_from(Ending), st.sampled_from(Reach)),
        USAGES,
        st.none() | st.integers(0, 10**6),
        FAULTS,
        st.sampled_from(("", "gen-1")),
    ),
    max_size=6,
)


async def booked(attempts: Sequence[tuple], *, keeps: bool = True) -> tuple[TurnBill, list[Price | None], list[Entry]]:
    """Book attempts; return the bill, the prices that others were told, and what the ledger has of the turn."""
    clock, log, ledger = FakeClock(), RecordedTelemetry(), BreakableLedger()
    keeper = KeepLedger(ledger, unwritten_in_memory(clock, log), store=StoreHealth(clock, log), telemetry=log)
    bill, told = TurnBill(), []
    models = (MODEL, UNKNOWN)
    book = BookAttempts(keeper if keeps else None, BOOKED, REQUEST.route, MODEL, models, Figures(sent=400), bill)
    journal = book.before(lambda entry: told.append(entry.price) if isinstance(entry, AttemptEnded) else None)
    for number, (leaves, model, outcome, usage, unbilled, fault, name) in enumerate(attempts, 1):
        journal(AttemptBegan(number, ResponsesBody(model, ()), Endpoint.RESPONSES))
        if leaves and book.latest is not None:
            await book.latest.sending()
        journal(AttemptEnded(number, outcome, usage, name, unbilled=unbilled, fault=fault))
        if book.latest is not None:
            book.latest.closed()
    await keeper.drained()
    return bill, told, [*await ledger.of_turn("ns", "turn")]


@examples(300)
@given(ATTEMPTS)
def test_the_bill_is_the_sum_of_the_ledgers_entries_to_the_last_digit(attempts):
    async def run() -> None:
        bill, told, entries = await booked(attempts)
        total = Decimal(0)
        for entry in entries:
            total = EXACT.add(total, EXACT.add(entry.cost or Decimal(0), entry.upstream_cost or Decimal(0)))
        assert bill.paid.total == total
        assert [(entry.cost, entry.upstream_cost, entry.cost_source) for entry in entries] == [
            (price.cost, price.upstream_cost, price.source) for price in told if price is not None
        ]
        shown, exact = dollars(total), bill.paid.is_exact
        line = usage_line(Used(None, Timing(1.0), bill.paid))
        assert line == "Time: 1.00s" + ("" if shown == "0" else f" | Cost {'' if exact else '~'}${shown}")
        usage = usage_object(End(Reason.STOP, Timing(1.0), "id", paid=bill.paid))
        assert (0.0 if usage is None else usage.get("cost", 0.0)) == float(total)

    asyncio.run(run())


@examples(100)
@given(ATTEMPTS)
def test_the_bill_is_the_same_without_a_ledger(attempts):
    async def run() -> None:
        with_ledger, without = await booked(attempts), await booked(attempts, keeps=False)
        assert (without[0].paid, without[1], without[2]) == (with_ledger[0].paid, with_ledger[1], [])

    asyncio.run(run())


async def test_the_end_of_a_turn_says_what_it_cost():
    own = replace(COST, upstream_cost=Decimal("0.02"), is_byok=True)
    end = end_of(await Stage(said("a", usage=own)).read())
    assert end.paid == Paid(Decimal("0.001"), Decimal("0.02"))


async def test_an_attempt_that_never_left_costs_nothing():
    stage = Stage([NOT_SENT], said("a"))
    reader = stage.reading(outputs := list[Output]())
    while not reader.done():
        await settled()
        stage.clock.advance(10.0)
    assert end_of(outputs).paid == Paid(COST.cost or Decimal(0))


async def test_a_usage_without_a_cost_is_priced_by_the_catalog_and_marked():
    stage = Stage(said("a", usage=Usage(10, 5, 15)))
    end = end_of(await stage.read())
    assert end.paid == Paid(Decimal("0.02"), estimated=Decimal("0.02"))
    values = stage.log.only("turn_ended").values
    assert (values["cost"], values["estimated_cost"]) == ("0.020", "0.020")
    attempt = stage.log.only("attempt_ended").values
    assert (attempt["cost"], attempt["cost_source"]) == ("0.020", CostSource.CATALOG.value)
    assert stage.metrics.counts["cost_usd", MODEL.id, "estimated"] == Decimal("0.02")


async def test_a_cost_that_nobody_knows_is_no_cost_of_zero():
    stage = Stage(said("a", usage=Usage(10, 5, 15)))
    outputs = [output async for output in stage.outputs(models=(UNKNOWN, replace(MODEL, prompt_price=None)))]
    await stage.run_turn.drained()
    end = end_of(outputs)
    assert end.paid == Paid(unknown=1)
    usage = usage_object(end)
    assert usage is not None
    assert "cost" not in usage
    values = stage.log.only("turn_ended").values
    assert (values["cost"], values["unpriced_attempts"]) == (None, 1)
