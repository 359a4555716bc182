"""A reader who leaves in any way: the connection closes, the place is returned, one log line, one last notice."""

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest

from domain.services.run_turn import Personal
from domain.turn.steps import Output
from ports.notices import TurnStopped
from ports.response_events import ResponseStarted, UpstreamEvent
from ports.usage import Paid, Timing
from tests.domain.services.stage import REQUEST, Stage, said, text_of
from tests.domain.services.test_run_turn import BUSY
from tests.domain.turn.talk import call, completed, done
from tests.doubles.clock import until
from tests.doubles.responses import Hang, Move
from tests.doubles.toolbox import ScriptedToolbox

HALF: list[Move] = [*said("half")[:1], Hang()]
GUESSED = Paid(Decimal("0.003"), estimated=Decimal("0.003"))


def settled_once(stage: Stage) -> None:
    """Check that everything was released exactly once."""
    assert (stage.responses.open, stage.places.taken) == (0, 0)
    assert stage.log.only("turn_ended").values["reason"] == "cancelled"
    assert [type(notice) for notice in stage.notices.seen] == [TurnStopped]


async def test_closing_the_iterator_settles_the_turn():
    stage = Stage(HALF)
    outputs = stage.outputs()
    await anext(outputs)
    await outputs.aclose()
    await stage.run_turn.drained()
    settled_once(stage)


async def test_cancelling_the_reader_settles_the_turn():
    stage, outputs = Stage(HALF), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    await stage.stop(reader)
    assert text_of(outputs) == "half"
    settled_once(stage)


async def test_a_reader_that_just_ends_settles_the_turn():
    stage = Stage(HALF)
    kept: list[AsyncGenerator[Output, None]] = []

    async def read_a_little() -> None:
        kept.append(stage.outputs())
        await anext(kept[0])

    await asyncio.get_running_loop().create_task(read_a_little())
    await until(lambda: stage.responses.left)
    await stage.run_turn.drained()
    settled_once(stage)
    await kept[0].aclose()
    settled_once(stage)


async def test_the_end_of_the_task_that_is_named_as_reader_settles_the_turn():
    stage = Stage(HALF)
    leave = asyncio.Event()
    named = asyncio.get_running_loop().create_task(leave.wait())
    outputs = stage.run_turn.run(REQUEST, personal=Personal(notices=stage.notices), reader=named)
    await anext(outputs)
    leave.set()
    assert [output async for output in outputs] == []
    await stage.run_turn.drained()
    settled_once(stage)


async def test_a_stop_returns_before_the_connection_is_closed():
    stage = Stage(HALF)
    outputs = stage.outputs()
    await anext(outputs)
    await outputs.aclose()
    assert stage.log.named("turn_ended") == []
    await stage.run_turn.drained()


@pytest.mark.parametrize(
    "script", [[Hang()], [[ResponseStarted("gen-1", "maker/model")], Hang()]], ids=["before an answer", "before text"]
)
async def test_a_stop_before_the_first_word_settles_the_turn(script):
    stage, outputs = Stage(script), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: stage.responses.reads == len(script))
    await stage.stop(reader)
    settled_once(stage)


async def test_a_stop_between_two_attempts_settles_the_turn():
    stage, outputs = Stage([BUSY], said("never")), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    await stage.stop(reader)
    settled_once(stage)
    assert len(stage.responses.calls) == 1


async def test_a_stop_while_a_tool_runs_stops_the_tool():
    asked: list[UpstreamEvent] = [*done(call("a"), call("b")), completed()]
    stage, toolbox, outputs = Stage([asked]), ScriptedToolbox({"look": None}), list[Output]()
    reader = stage.reading(outputs, toolbox=toolbox)
    await until(lambda: toolbox.running == 2)
    await stage.stop(reader)
    await until(lambda: toolbox.running == 0)
    assert sorted(toolbox.stopped) == ["a", "b"]
    settled_once(stage)


async def test_after_a_stop_the_person_reads_time_and_cost_so_far():
    stage, outputs = Stage(HALF), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    stage.clock.advance(2.0)
    await stage.stop(reader)
    assert stage.notices.seen == [TurnStopped(Timing(2.0, 0.0, first=0.0), None, GUESSED)]
    assert stage.log.only("turn_ended").values["estimated_cost"] == "0.003"


async def test_a_stop_after_the_end_changes_nothing():
    stage = Stage(said("a"))
    outputs = stage.outputs()
    await anext(outputs)
    await anext(outputs)
    await outputs.aclose()
    await stage.run_turn.drained()
    assert (stage.log.only("turn_ended").values["reason"], stage.notices.seen) == ("stop", [])


async def test_a_turn_that_is_never_read_takes_no_resources():
    stage = Stage(said("a"))
    await stage.outputs().aclose()
    assert (stage.responses.calls, stage.places.taken, stage.log.lines) == ([], 0, [])


async def test_a_connection_that_cannot_be_closed_still_returns_the_place():
    stage = Stage(HALF, leaving=RuntimeError("stuck"))
    outputs = stage.outputs()
    await anext(outputs)
    await outputs.aclose()
    await until(lambda: stage.log.named("upkeep_failed"))
    settled_once(stage)


async def test_waiting_for_the_turns_under_way_waits_for_their_settlement():
    stage, outputs = Stage(HALF), list[Output]()
    reader = stage.reading(outputs)
    await until(lambda: outputs)
    waiting = asyncio.get_running_loop().create_task(stage.run_turn.drained())
    await until(lambda: len(outputs) == 1)
    assert not waiting.done()
    await stage.stop(reader)
    await until(waiting.done)
    settled_once(stage)


async def test_a_reader_that_forgets_its_iterator_settles_the_turn_once():
    stage = Stage(HALF)

    async def read_a_little() -> None:
        await anext(stage.outputs())

    await asyncio.get_running_loop().create_task(read_a_little())
    await until(lambda: stage.responses.left)
    await stage.run_turn.drained()
    settled_once(stage)
