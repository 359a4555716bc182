"""What a person has spent is read beside the turn, and shown only if it is there in time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.faults.fault import FaultKind
from domain.request.bookkeeping import Bookkeeping
from domain.request.turn_request import Person
from domain.services.count_events import CountEvents
from domain.services.keep_ledger import KeepLedger
from domain.services.store_budget import StoreHealth
from domain.services.sum_spending import MOST, PATIENCE_SECONDS, READ_SECONDS, AskedSums, SumSpending
from domain.turn.steps import Ended, Output
from ports.ledger import CostSource, Entry, EntryState
from ports.response_events import UpstreamProblem
from ports.responses import Refused
from ports.usage import NOT_PAID, Paid, SpentSoFar
from tests.domain.services.stage import REQUEST, Stage, end_of, fault_of, said, text_of
from tests.doubles.clock import START, FakeClock, settled, until
from tests.doubles.ledger import BreakableLedger, unwritten_in_memory
from tests.doubles.metrics import RecordedMetrics
from tests.doubles.responses import Hang, Refusing
from tests.doubles.telemetry import RecordedTelemetry

CENT = Decimal("0.01")
BOTH = Bookkeeping("ns", sums_chat=True, sums_month=True)
ANN = replace(REQUEST, turn_id="now", person=Person("ann", "chat", "message"), ledger=BOTH)
PAID = Entry(
    "ns",
    "earlier",
    1,
    1,
    START,
    EntryState.SETTLED,
    user_id="ann",
    chat_id="chat",
    cost=CENT,
    cost_source=CostSource.UPSTREAM,
    settled_at=START,
)
TURN = Paid(Decimal("0.002"))
REFUSED = Refusing(Refused(UpstreamProblem(status=401, kind="unauthorized", text="no such key")))


class Books:
    """A ledger with entries, and what adds them up."""

    def __init__(self, *entries: Entry) -> None:
        self.clock, self.log, self.ledger, self.metrics = (
            FakeClock(),
            RecordedTelemetry(),
            BreakableLedger(),
            RecordedMetrics(),
        )
        telemetry = CountEvents(self.log, self.metrics)
        self.store = StoreHealth(self.clock, telemetry, self.metrics)
        self.keeper = KeepLedger(
            self.ledger, unwritten_in_memory(self.store.clock, telemetry), store=self.store, telemetry=telemetry
        )
        self.sums = SumSpending(self.ledger, self.keeper, self.store, telemetry)
        for entry in entries:
            self.keeper.note(entry)

    def asked(self, request=ANN, *, names_chat: bool = True) -> AskedSums:
        asked = self.sums.begin(request, names_chat=names_chat)
        assert asked is not None
        return asked

    @property
    def not_shown(self) -> list[str]:
        """The reasons why sums were not shown, as they were logged and counted."""
        reasons = [str(line.values["reason"]) for line in self.log.named("spending_not_shown")]
        assert self.metrics.counts == {("sums_left_out", reason): reasons.count(reason) for reason in reasons}
        return reasons


async def test_the_chat_and_the_month_contain_the_turn_itself():
    early = replace(PAID, turn_id="old", started_at=START - timedelta(days=1))
    books = Books(PAID, early, replace(PAID, turn_id="elsewhere", chat_id="other"))
    spent = await books.asked().with_turn(TURN)
    assert spent == SpentSoFar(Paid(Decimal("0.022")), Paid(Decimal("0.022")))
    assert books.not_shown == []


async def test_what_is_noted_when_the_turn_starts_is_in_the_sums_and_the_turn_is_not_counted_twice():
    books = Books(PAID, replace(PAID, turn_id="now", state=EntryState.STARTED))
    assert books.ledger.writes == []
    assert (await books.asked().with_turn(TURN)) == SpentSoFar(Paid(CENT) + TURN, Paid(CENT) + TURN)


async def test_others_entries_are_never_in_the_sums():
    books = Books(replace(PAID, user_id="bob"), replace(PAID, namespace="other"))
    assert (await books.asked().with_turn(TURN)) == SpentSoFar(TURN, TURN)


async def test_what_is_estimated_makes_the_sum_an_estimate():
    books = Books(replace(PAID, state=EntryState.ESTIMATED, cost_source=CostSource.CATALOG))
    spent = await books.asked().with_turn(TURN)
    assert spent is not None
    assert spent.chat is not None
    assert not spent.chat.is_exact


@pytest.mark.parametrize(
    ("book", "shown"),
    [(Bookkeeping("ns", sums_chat=True), (True, False)), (Bookkeeping("ns", sums_month=True), (False, True))],
)
async def test_only_what_is_asked_for_is_read(book, shown):
    books = Books(PAID)
    spent = await books.asked(replace(ANN, ledger=book)).with_turn(TURN)
    assert spent is not None
    assert (spent.chat is not None, spent.month is not None) == shown


async def test_a_temporary_chat_has_no_sum_and_the_month_counts():
    books = Books(PAID)
    assert await books.asked(names_chat=False).with_turn(TURN) == SpentSoFar(None, Paid(CENT) + TURN)
    only_chat = replace(ANN, ledger=Bookkeeping("ns", sums_chat=True))
    assert books.sums.begin(only_chat, names_chat=False) is None


@pytest.mark.parametrize(
    "request_",
    [
        replace(ANN, ledger=Bookkeeping("ns")),
        replace(ANN, ledger=replace(BOTH, namespace="")),
        replace(ANN, person=Person("", "chat")),
    ],
)
async def test_whoever_asks_for_nothing_or_is_nobody_costs_no_query(request_):
    assert Books(PAID).sums.begin(request_, names_chat=True) is None


async def test_sums_that_are_late_are_left_out_and_counted():
    books = Books(PAID)
    books.ledger.reading = asyncio.Event()
    waiting = asyncio.create_task(books.asked().with_turn(TURN))
    await until(lambda: PATIENCE_SECONDS in books.clock.moments)
    assert not waiting.done()
    books.clock.advance(PATIENCE_SECONDS)
    await until(waiting.done)
    assert (waiting.result(), books.not_shown) == (None, ["late"])


async def test_whoever_does_not_wait_gets_the_sums_only_if_they_are_there():
    books = Books()
    ready = books.asked()
    await settled()
    books.ledger.reading = asyncio.Event()
    late = books.asked()
    assert await ready.with_turn(TURN, waits=False) == SpentSoFar(TURN, TURN)
    assert (await late.with_turn(TURN, waits=False), books.not_shown) == (None, [])


async def test_sums_that_arrive_within_the_patience_are_shown():
    books = Books()
    books.ledger.reading = asyncio.Event()
    waiting = asyncio.create_task(books.asked().with_turn(TURN))
    await until(lambda: PATIENCE_SECONDS in books.clock.moments)
    books.clock.advance(PATIENCE_SECONDS / 2)
    books.ledger.reading.set()
    await until(waiting.done)
    assert waiting.result() == SpentSoFar(TURN, TURN)


async def test_a_store_that_is_slow_while_the_turn_runs_is_given_up():
    books = Books()
    books.ledger.reading = asyncio.Event()
    asked = books.asked()
    await until(lambda: READ_SECONDS in books.clock.moments)
    books.clock.advance(READ_SECONDS)
    await settled()
    assert (await asked.with_turn(TURN), books.not_shown) == (None, ["slow"])


async def test_a_store_that_fails_leaves_the_sums_out():
    books = Books()
    books.ledger.unreadable = "locked"
    assert (await books.asked().with_turn(TURN), books.not_shown) == (None, ["locked"])


async def test_a_store_that_hangs_is_not_asked():
    books = Books()
    books.store._closed_until = books.clock.monotonic() + 10
    assert (await books.asked().with_turn(TURN), books.not_shown) == (None, ["skipped"])


async def test_a_slow_sum_says_nothing_about_the_store():
    books = Books()
    books.ledger.reading = asyncio.Event()
    books.asked()
    await until(lambda: READ_SECONDS in books.clock.moments)
    books.clock.advance(READ_SECONDS)
    await settled()
    assert not books.store.hangs()


async def test_there_are_bounded_reads_at_the_same_time():
    books = Books()
    books.ledger.reading = asyncio.Event()
    for _ in range(MOST):
        books.asked()
    assert books.sums.begin(ANN, names_chat=True) is None
    assert books.not_shown == ["busy"]
    await books.sums.aclose()
    assert books.sums.begin(ANN, names_chat=True) is not None
    await books.sums.aclose()


async def test_sums_that_were_stopped_are_left_out():
    books = Books()
    books.ledger.reading = asyncio.Event()
    asked = books.asked()
    await settled()
    await books.sums.aclose()
    assert await asked.with_turn(NOT_PAID) is None


async def test_the_month_is_one_of_the_time_zone_of_budgets():
    berlin = replace(BOTH, zone=ZoneInfo("Europe/Berlin"))
    books = Books(replace(PAID, started_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC)))
    spent = [await books.asked(replace(ANN, ledger=book)).with_turn(NOT_PAID) for book in (BOTH, berlin)]
    assert spent == [SpentSoFar(Paid(CENT), NOT_PAID), SpentSoFar(Paid(CENT), Paid(CENT))]


# --- beside a turn -------------------------------------------------------------------------------------------


def stage(ledger: BreakableLedger, *scripts) -> Stage:
    """Return a stage whose turns show the sums of a ledger."""

    def keeping(clock, log):
        return KeepLedger(ledger, unwritten_in_memory(clock, log), store=StoreHealth(clock, log), telemetry=log)

    def summing(keeper, store):
        return SumSpending(ledger, keeper, store, RecordedTelemetry())

    return Stage(*scripts, keeping=keeping, summing=summing)


async def test_a_turn_ends_with_the_sums_of_all_that_was_paid_before_and_its_own():
    ledger = BreakableLedger()
    await ledger.write([PAID])
    end = end_of(await stage(ledger, said("a")).read(ANN))
    assert end.paid == Paid(Decimal("0.001"))
    assert end.spent == SpentSoFar(Paid(Decimal("0.011")), Paid(Decimal("0.011")))


async def test_no_word_waits_for_the_sums_and_the_end_waits_half_a_second_at_most():
    ledger, outputs = BreakableLedger(), list[Output]()
    ledger.reading = asyncio.Event()
    turn = stage(ledger, said("one", "two"))
    reader = turn.reading(outputs, ANN)
    await until(lambda: PATIENCE_SECONDS in turn.clock.moments)
    assert text_of(outputs) == "onetwo"
    assert not any(isinstance(output, Ended) for output in outputs)
    await until(lambda: turn.places.taken == 0)
    turn.clock.advance(PATIENCE_SECONDS)
    await until(reader.done)
    assert (end_of(outputs).spent, end_of(outputs).paid) == (None, Paid(Decimal("0.001")))
    await turn.run_turn.drained()


async def test_a_failure_does_not_wait_for_the_sums():
    ledger = BreakableLedger()
    ledger.reading = asyncio.Event()
    turn = stage(ledger, [REFUSED])
    outputs = await turn.read(ANN)
    assert fault_of(outputs).kind is FaultKind.BAD_KEY
    assert end_of(outputs).spent is None
    assert PATIENCE_SECONDS not in turn.clock.moments


async def test_a_reader_who_leaves_while_the_end_waits_leaves_a_settled_turn():
    ledger, outputs = BreakableLedger(), list[Output]()
    ledger.reading = asyncio.Event()
    turn = stage(ledger, said("one"))
    reader = turn.reading(outputs, ANN)
    await until(lambda: PATIENCE_SECONDS in turn.clock.moments)
    await turn.stop(reader)
    assert turn.log.only("turn_ended").values["reason"] == "stop"
    assert (turn.notices.seen, turn.places.taken) == ([], 0)


async def test_a_stopped_turn_tells_the_sums_too():
    ledger, outputs = BreakableLedger(), list[Output]()
    await ledger.write([PAID])
    turn = stage(ledger, [*said("half")[:1], Hang()])
    reader = turn.reading(outputs, ANN)
    await until(lambda: outputs)
    await settled()
    await turn.stop(reader)
    [stop] = turn.notices.seen
    assert stop.spent == SpentSoFar(Paid(CENT) + stop.paid, Paid(CENT) + stop.paid)
    assert not stop.paid.is_exact


async def test_a_temporary_chats_turn_tells_the_month_alone():
    ledger = BreakableLedger()
    await ledger.write([PAID])
    temporary = replace(ANN, person=replace(ANN.person, temporary=True))
    end = end_of(await stage(ledger, said("a")).read(temporary))
    assert end.spent == SpentSoFar(None, Paid(Decimal("0.011")))
