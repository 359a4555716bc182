"""Every attempt of a turn has one entry in the ledger, written before its request and ended once."""

import asyncio
from dataclasses import replace
from decimal import Decimal

from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.request.bookkeeping import Bookkeeping
from domain.request.turn_request import Caller, Person
from domain.services.keep_ledger import PATIENCE_SECONDS, KeepLedger
from domain.services.keep_unwritten import KeepUnwritten
from domain.services.look_up_bills import GAPS, LookUpBills
from domain.services.store_budget import StoreHealth
from domain.turn.steps import Output
from ports.generations import GenerationRecord
from ports.ledger import CostSource, Entry, EntryState
from ports.response_events import ResponseStarted, TextDelta, UpstreamProblem
from ports.responses import Reach, Refused, TimedOut, Unreachable
from tests.domain.services.stage import COST, REQUEST, Stage, fault_of, said
from tests.doubles.clock import settled, until
from tests.doubles.ledger import BreakableLedger, RecordedGenerations
from tests.doubles.responses import Hang, Held, Leaving, Refusing, Unsent

ANN = Person("ann", "chat", "message")
BOOKED = replace(REQUEST, turn_id="turn", person=ANN, ledger=Bookkeeping("ns"))
BUSY = Refusing(Refused(UpstreamProblem(status=429, kind="rate_limit_exceeded", text="busy")))
GATEWAY = Refusing(Refused(UpstreamProblem(status=504, kind="timeout", text="late")))
WORDS = [TextDelta(0, "msg_1", 0, "Because")]
GUESS = Decimal("0.001")
"""The price of the four characters of the question."""


class Book(Stage):
    """A stage with a ledger. `named`: the generation id in the headers of every answer."""

    def __init__(self, *scripts, records=(), named="") -> None:
        self.ledger, self.generations = BreakableLedger(), RecordedGenerations(*records)
        self.journal = MemoryLedgerJournal()

        def keeping(clock, log):
            unwritten = KeepUnwritten((self.journal,), clock, log)
            keeper = KeepLedger(self.ledger, unwritten, store=StoreHealth(clock, log), telemetry=log)
            keeper.bills = LookUpBills(self.generations, clock, keeper.note)
            return keeper

        super().__init__(*scripts, keeping=keeping)
        self.responses.named = named

    async def entries(self) -> tuple[Entry, ...]:
        await self.keeper.drained()
        return await self.ledger.of_turn("ns", "turn")

    async def entry(self) -> Entry:
        [entry] = await self.entries()
        return entry

    async def wait_for_bills(self) -> None:
        for gap in GAPS:
            await settled()
            self.clock.advance(gap)
        await settled()


async def test_an_answer_with_a_bill_is_settled_with_upstreams_figures():
    stage = Book(said("Because."), named="gen-1")
    await stage.read(BOOKED)
    assert await stage.entry() == Entry(
        "ns",
        "turn",
        1,
        1,
        stage.clock.now(),
        EntryState.SETTLED,
        user_id="ann",
        chat_id="chat",
        message_id="message",
        endpoint="responses",
        key_id=(await stage.entry()).key_id,
        requested_model="maker/model",
        answering_model="maker/answering",
        generation_id="gen-1",
        input_tokens=10,
        output_tokens=5,
        cost=Decimal("0.001"),
        cost_source=CostSource.UPSTREAM,
        settled_at=stage.clock.now(),
    )


async def test_no_entry_contains_the_key_or_a_text():
    stage = Book(said("Because."))
    await stage.read(BOOKED)
    entry = await stage.entry()
    assert REQUEST.route.api_key not in repr(entry)
    assert "Why" not in repr(entry)
    assert "Because" not in repr(entry)
    assert len(entry.key_id) == 12


async def test_a_request_is_written_only_once_its_entry_is_stored():
    stage = Book(said("Because."))
    stage.ledger.gate = asyncio.Event()
    outputs: list[Output] = []
    reading = stage.reading(outputs, BOOKED)
    await settled()
    assert (stage.responses.open, stage.ledger.writes) == (0, [])
    stage.ledger.gate.set()
    await until(reading.done)
    assert next(entry.state for batch in stage.ledger.writes for entry in batch) is EntryState.STARTED


async def test_a_started_entry_has_the_price_of_its_prompt():
    stage = Book([WORDS, Hang()])
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.open)
    entry = await stage.entry()
    assert (entry.state, entry.cost, entry.cost_source) == (EntryState.STARTED, GUESS, CostSource.CATALOG)
    await stage.stop(reading)


async def test_the_generation_id_is_stored_while_the_answer_runs():
    stage = Book([WORDS, Hang()], named="gen-1")
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.open)
    assert (await stage.entry()).generation_id == "gen-1"
    await stage.stop(reading)
    await stage.keeper.aclose()


async def test_a_store_that_hangs_holds_a_request_up_for_a_second_and_the_entry_is_in_the_journal_by_then():
    stage = Book(said("Because."))
    stage.ledger.gate = asyncio.Event()
    reading = stage.reading([], BOOKED)
    await settled()
    stage.clock.advance(PATIENCE_SECONDS)
    await until(reading.done)
    kept = []

    async def write(entries):
        kept.extend(entries)

    await stage.journal.replay(write)
    assert [entry.state for entry in kept] == [EntryState.STARTED]
    stage.ledger.gate.set()
    await stage.run_turn.drained()


async def test_a_stopped_answer_without_bill_and_name_is_estimated():
    stage = Book([WORDS, Hang()])
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.reads > 1)
    await stage.stop(reading)
    entry = await stage.entry()
    assert (entry.state, entry.cost_source) == (EntryState.ESTIMATED, CostSource.CATALOG)
    assert entry.cost is not None
    assert entry.cost > GUESS


async def test_a_stopped_answer_with_a_name_is_settled_by_upstreams_record():
    record = GenerationRecord("gen-1", cost=Decimal("0.5"), input_tokens=7, output_tokens=3, model="m", provider="P")
    stage = Book([WORDS, Hang()], named="gen-1", records=(record,))
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.reads > 1)
    await stage.stop(reading)
    waiting = await stage.entry()
    assert (waiting.state, waiting.cost_source) == (EntryState.STARTED, CostSource.CATALOG)
    await stage.wait_for_bills()
    entry = await stage.entry()
    assert (entry.state, entry.cost, entry.cost_source) == (EntryState.SETTLED, Decimal("0.5"), CostSource.RECORD)
    assert (entry.input_tokens, entry.output_tokens, entry.provider) == (7, 3, "P")


async def test_a_bill_that_never_comes_leaves_an_estimate():
    stage = Book([WORDS, Hang()], named="gen-1")
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.reads > 1)
    await stage.stop(reading)
    await stage.wait_for_bills()
    assert (await stage.entry()).state is EntryState.ESTIMATED
    assert len(stage.generations.asked) == len(GAPS)


async def test_an_upstream_that_is_down_leaves_the_entry_to_the_sweep():
    stage = Book([WORDS, Hang()], named="gen-1")
    stage.generations.broken = True
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.reads > 1)
    await stage.stop(reading)
    await stage.wait_for_bills()
    assert (await stage.entry()).state is EntryState.STARTED


async def test_an_answer_without_usage_is_looked_up_and_never_free():
    stage = Book(said("Because.", usage=None))
    await stage.read(BOOKED)
    entry = await stage.entry()
    assert (entry.generation_id, entry.state) == ("gen-1", EntryState.STARTED)
    assert entry.cost is not None
    assert entry.cost > GUESS
    await stage.keeper.aclose()


async def test_a_request_that_was_never_sent_is_void():
    stage = Book(
        [Unsent(Unreachable("refused", reach=Reach.NOT_SENT))],
        *[[Unsent(Unreachable("refused", reach=Reach.NOT_SENT))]] * 2,
    )
    reading = stage.reading([], BOOKED)
    while not reading.done():
        await settled()
        stage.clock.advance(5)
    await stage.run_turn.drained()
    entries = await stage.entries()
    assert [(entry.call_no, entry.attempt_no) for entry in entries] == [(1, 1), (1, 2), (1, 3)]
    for entry in entries:
        assert (entry.state, entry.cost, entry.cost_source) == (EntryState.VOID, Decimal(0), CostSource.FREE)


async def test_an_attempt_stopped_while_its_entry_is_stored_is_void_and_never_sent():
    stage = Book(said("Because."))
    stage.ledger.gate = asyncio.Event()
    reading = stage.reading([], BOOKED)
    await settled()
    reading.cancel()
    await until(reading.done)
    stage.ledger.gate.set()
    await stage.run_turn.drained()
    assert (await stage.entry()).state is EntryState.VOID
    assert stage.responses.entered == 0


async def test_a_refused_attempt_is_settled_as_free_and_its_retry_has_an_entry_of_its_own():
    stage = Book([BUSY], said("Because."))
    reading = stage.reading([], BOOKED)
    while not reading.done():
        await settled()
        stage.clock.advance(5)
    await stage.run_turn.drained()
    refused, answered = await stage.entries()
    assert (refused.state, refused.cost, refused.cost_source) == (EntryState.SETTLED, Decimal(0), CostSource.FREE)
    assert (answered.attempt_no, answered.cost_source) == (2, CostSource.UPSTREAM)


async def test_a_refusal_that_may_have_been_billed_is_estimated():
    stage = Book([GATEWAY])
    await stage.read(BOOKED)
    assert (await stage.entry()).state is EntryState.ESTIMATED


async def test_a_request_without_any_answer_is_estimated():
    stage = Book([Refusing(TimedOut("read", 300, reach=Reach.SENT))])
    await stage.read(BOOKED)
    assert (await stage.entry()).state is EntryState.ESTIMATED


async def test_the_entries_of_a_temporary_chat_name_the_person_and_no_chat():
    stage = Book(said("Because."))
    await stage.read(replace(BOOKED, person=replace(ANN, temporary=True)))
    entry = await stage.entry()
    assert (entry.user_id, entry.chat_id, entry.message_id) == ("ann", "", "")


async def test_background_tasks_are_booked_by_their_kind():
    stage = Book(said("A title"))
    await stage.read(replace(BOOKED, caller=Caller.TASK, task="title_generation"))
    assert (await stage.entry()).kind == "title_generation"


async def test_without_a_namespace_nothing_is_booked():
    stage = Book(said("Because."))
    await stage.read(replace(BOOKED, ledger=Bookkeeping()))
    assert stage.ledger.writes == []


async def test_a_broken_store_stops_no_turn_and_what_waits_is_stored_with_the_next_one():
    stage = Book(said("Because."), said("Therefore."))
    stage.ledger.broken = "locked"
    outputs = await stage.read(BOOKED)
    assert outputs[-1].end.fault is None
    assert await stage.entries() == ()
    stage.ledger.broken = ""
    await stage.read(replace(BOOKED, turn_id="next"))
    assert (await stage.entry()).state is EntryState.SETTLED
    names = [line.name for line in stage.log.lines if line.name.startswith("ledger")]
    assert names == ["ledger_entries_wait", "ledger_entries_replayed"]


async def test_a_fault_of_the_turn_leaves_no_entry_without_an_end():
    stage = Book([[ResponseStarted("gen-2", "maker/m")], RuntimeError("a defect")])
    outputs = await stage.read(BOOKED)
    assert fault_of(outputs) is not None
    await stage.wait_for_bills()
    assert (await stage.entry()).state is EntryState.ESTIMATED


async def test_the_last_words_wait_for_no_write():
    gate = asyncio.Event()
    stage = Book([WORDS, Held(gate), *said(" so.")])
    outputs: list[Output] = []
    reading = stage.reading(outputs, BOOKED)
    await until(lambda: stage.responses.reads > 1)
    await stage.keeper.drained()
    stage.ledger.gate = asyncio.Event()  # from now on no write ends
    gate.set()
    await until(reading.done)
    assert outputs[-1].end.usage == COST
    stage.ledger.gate.set()
    await stage.run_turn.drained()
    assert (await stage.entry()).state is EntryState.SETTLED


def told(stage):
    """What the latest call is followed by."""
    return stage.responses.calls[-1].watch


async def left_before_its_answer(stage):
    """Stop a turn whose request was sent and has no answer; what is known of it is noted by `told` before it closes."""
    reading = stage.reading([], BOOKED)
    await until(lambda: stage.responses.calls and told(stage).released)
    await stage.stop(reading)


async def test_a_call_that_its_reader_left_may_still_be_named_until_its_connection_is_closed():
    record = GenerationRecord("gen-late", cost=Decimal("0.25"))
    stage = Book([Leaving(lambda: told(stage).answered("gen-late"))], records=(record,))
    await left_before_its_answer(stage)
    assert (await stage.entry()).generation_id == "gen-late"
    await stage.wait_for_bills()
    assert ((await stage.entry()).state, (await stage.entry()).cost) == (EntryState.SETTLED, Decimal("0.25"))


async def test_a_call_that_its_reader_left_is_free_if_upstream_refuses_it():
    stage = Book([Leaving(lambda: told(stage).refused(400))])
    await left_before_its_answer(stage)
    assert ((await stage.entry()).state, (await stage.entry()).cost) == (EntryState.SETTLED, Decimal(0))


async def test_a_call_that_its_reader_left_is_estimated_if_the_gateway_gives_it_up():
    stage = Book([Leaving(lambda: told(stage).refused(504))])
    await left_before_its_answer(stage)
    assert ((await stage.entry()).state, (await stage.entry()).cost) == (EntryState.ESTIMATED, GUESS)


async def test_a_name_that_comes_after_the_connection_is_closed_changes_nothing():
    stage = Book([Leaving(lambda: None)])
    await left_before_its_answer(stage)
    told(stage).answered("gen-late")
    assert ((await stage.entry()).state, (await stage.entry()).generation_id) == (EntryState.ESTIMATED, "")
