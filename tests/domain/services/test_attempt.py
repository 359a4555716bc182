"""One upstream call, read in the reader's own task or in a separate task."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from domain.services.attempt import FROM_OUTSIDE, Attempt
from domain.turn.steps import Output, Reason, ShowText
from ports.response_events import StreamClosed, TextDelta, UpstreamProblem
from ports.responses import Refused, ResponsesBody, UpstreamCall, UpstreamRequest
from tests.domain.services.stage import ROUTE, Stage, end_of, said, text_of
from tests.doubles.clock import FakeClock, settled, until
from tests.doubles.responses import Batch, Hang, Held, Move, Refusing, ScriptedResponses

WORD = [TextDelta(0, "msg_1", 0, "a")]
CALL = UpstreamCall(ROUTE, UpstreamRequest(ResponsesBody("maker/model", ())))


def attempt(*moves: Move) -> tuple[Attempt, ScriptedResponses]:
    responses = ScriptedResponses(moves)
    return Attempt(responses, CALL, FakeClock(), 0.0, lambda: None), responses


async def test_a_batch_is_read_in_the_task_that_asks_for_it():
    one, _ = attempt(WORD)
    assert await one.read() == WORD
    assert await one.read() == (StreamClosed(said_done=False),)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    await one.close()


async def test_closing_ends_a_read_without_cancelling_the_task_that_reads():
    one, responses = attempt(WORD, Hang())
    await one.read()

    async def read_on() -> object:
        got = await one.read()
        await asyncio.sleep(0)  # a task that is still being cancelled would end here
        return got

    reader = asyncio.create_task(read_on())
    await until(lambda: responses.reads == 2)
    await one.close()
    assert await reader == ()
    assert (reader.cancelling(), responses.open) == (0, 0)


async def test_closing_and_cancelling_at_once_cancels_the_reader():
    one, responses = attempt(Hang())
    reader = asyncio.create_task(one.read())
    await until(lambda: responses.reads)
    closing = asyncio.create_task(one.close())
    reader.cancel()
    await asyncio.wait((reader, closing))
    assert reader.cancelled()
    assert responses.open == 0


async def test_a_cancellation_passes_through_a_read():
    one, responses = attempt(Hang())
    reader = asyncio.create_task(one.read())
    await until(lambda: responses.reads)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await one.close()
    assert responses.open == 0


class Cancelled:
    """An upstream whose read is cancelled from inside."""

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Batch]]:
        yield self._batches()

    async def _batches(self) -> AsyncIterator[Batch]:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future
        yield ()


async def test_a_read_cancelled_from_inside_is_a_defect_and_not_a_cancellation():
    one = Attempt(Cancelled(), CALL, FakeClock(), 0.0, lambda: None)
    assert await one.read() == FROM_OUTSIDE
    await one.close()


async def test_a_requested_batch_is_kept_until_it_is_taken():
    one, responses = attempt(WORD, Hang())
    one.ask()
    assert (one.asked, one.taken()) == (True, ())
    await settled()
    one.ask()
    await settled()
    assert responses.reads == 1
    assert (one.taken(), one.asked) == (WORD, False)
    await one.close()


async def test_closing_also_closes_the_iterated_generator():
    closed: list[bool] = []

    class Generating:
        @asynccontextmanager
        async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Batch]]:
            yield self._batches()
            closed.append(True)

        async def _batches(self) -> AsyncIterator[Batch]:
            try:
                yield WORD
            finally:
                closed.append(False)

    one = Attempt(Generating(), CALL, FakeClock(), 0.0, lambda: None)
    await one.read()
    await one.close()
    assert closed == [False, True]


# --- through the driver -------------------------------------------------------------------------------------


def upstream_tasks() -> list[str]:
    return [name for task in asyncio.all_tasks() if (name := task.get_name()).startswith("openrouter-pipe")]


async def test_a_turn_has_no_task_of_its_own_while_the_answer_arrives():
    gate, outputs = asyncio.Event(), list[Output]()
    stage = Stage([*said("a")[:1], Held(gate), *said("b")])
    reader = stage.reading(outputs)
    await until(lambda: stage.responses.reads == 2)
    await settled()
    assert upstream_tasks() == []
    gate.set()
    await until(reader.done)
    assert text_of(outputs) == "ab"


async def test_a_timer_that_ends_nothing_does_not_interrupt_the_running_read():
    first, second, outputs = asyncio.Event(), asyncio.Event(), list[Output]()
    stage = Stage([*said("a")[:1], Held(first), *said("b")[:1], Held(second), *said("c")])
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    stage.clock.advance(400.0)
    first.set()
    await until(lambda: len(outputs) == 2)
    stage.clock.advance(200.0)  # ten minutes after the beginning, but not after the last word
    await settled()
    assert not reader.done()
    assert stage.clock.moments == [400.0]
    second.set()
    await until(reader.done)
    await stage.run_turn.drained()
    assert outputs[:-1] == [ShowText(0, "a"), ShowText(0, "b"), ShowText(0, "c")]
    assert (end_of(outputs).reason, stage.responses.open) == (Reason.STOP, 0)


async def test_a_timer_that_ends_the_turn_during_a_read_reaches_the_reader_without_cancelling_its_task():
    stage, outputs = Stage([*said("half")[:1], Hang()]), []

    async def read() -> str:
        async for output in stage.outputs():
            outputs.append(output)
        await asyncio.sleep(0)
        return "read to its end"

    reader = asyncio.create_task(read())
    await until(lambda: stage.responses.reads == 2)
    await settled()
    stage.clock.advance(600.0)
    assert await reader == "read to its end"
    await stage.run_turn.drained()
    assert (end_of(outputs).fault.kind.name, stage.responses.open) == ("TIMEOUT", 0)


class Watch:
    """Notes what it is told of one call."""

    def __init__(self) -> None:
        self.refusals: list[int] = []
        self.is_closed = False

    async def sending(self) -> None:
        """Hold nothing up."""

    def answered(self, generation_id: str) -> None:
        """No answer is named here."""

    def refused(self, status: int) -> None:
        self.refusals.append(status)

    def closed(self) -> None:
        self.is_closed = True


async def test_a_refusal_that_was_read_and_that_nobody_took_is_told():
    watch, responses = (
        Watch(),
        ScriptedResponses([Refusing(Refused(UpstreamProblem(status=429, kind="rate_limit_exceeded", text="busy")))]),
    )
    one = Attempt(responses, replace(CALL, watch=watch), FakeClock(), 0.0, lambda: None)
    one.ask()
    await settled()
    await one.close()
    assert (watch.refusals, watch.is_closed) == ([429], True)


async def test_a_call_that_is_left_in_peace_is_only_closed():
    watch, responses = Watch(), ScriptedResponses([WORD, Hang()])
    one = Attempt(responses, replace(CALL, watch=watch), FakeClock(), 0.0, lambda: None)
    one.ask()
    await settled()
    await one.close()
    assert (watch.refusals, watch.is_closed) == ([], True)
