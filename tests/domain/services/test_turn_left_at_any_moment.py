"""A turn abandoned at any moment, in any way: its ticket is released once, each attempt begins and ends once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from domain.request.turn_request import Bounds
from domain.turn.steps import Output
from ports.notices import TurnStopped
from ports.response_events import ResponseStarted, UpstreamEvent
from ports.responses import Reach, Unreachable
from tests.domain.services.stage import REQUEST, Stage, said
from tests.domain.services.test_run_turn import NOT_SENT, TIMED_OUT
from tests.domain.turn.talk import call, completed, done
from tests.doubles.clock import settled, until
from tests.doubles.offload import InlineOffload
from tests.doubles.responses import Hang, Move
from tests.doubles.toolbox import ScriptedToolbox
from tests.examples import some_of

T = TypeVar("T")
MOMENTS = range(45)
ASKED: list[UpstreamEvent] = [*done(call("a"), call("b")), completed()]
BROKEN = Unreachable("connection reset", reach=Reach.STREAMING)
SCRIPTS: dict[str, list[Sequence[Move]]] = {
    "a plain answer": [said("Two ", "bugs")],
    "silence": [[Hang()]],
    "an answer that falls silent": [[[ResponseStarted("gen-1", "maker/model")], *said("half")[:1], Hang()]],
    "a retry": [[NOT_SENT], said("a")],
    "a refusal": [[TIMED_OUT]],
    "a round of tools": [[ASKED], said("found")],
    "a stream that breaks": [[*said("half")[:1], BROKEN]],
    "a client with a defect": [[*said("half")[:1], KeyError("x")]],
}
REQUESTS = {"statuses are seen": REQUEST, "statuses are not seen": replace(REQUEST, statuses=False)}


class SlowOffload(InlineOffload):
    """Gives others a turn before it works, as a thread does."""

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().run(work, size=size)


def check(stage: Stage) -> None:
    """Everything was given back, once, and every attempt that was announced has ended."""
    assert (stage.places.taken, stage.places.waiting, stage.responses.open) == (0, 0, 0)
    assert stage.log.named("upkeep_failed") == []
    began = [line.values["attempt"] for line in stage.log.named("attempt_began")]
    ended = [line.values["attempt"] for line in stage.log.named("attempt_ended")]
    assert began == ended == list(range(1, len(began) + 1))
    assert len(stage.responses.calls) <= len(began)
    assert len(stage.log.named("turn_ended")) <= 1
    assert not began or stage.log.only("turn_ended").values["attempts"] == len(began)


async def tick(stage: Stage, moments: int) -> None:
    """Let everything run for some rounds of the loop; the clock moves too, so that waits come to their end."""
    for _ in range(moments):
        await asyncio.sleep(0)
        stage.clock.advance(0.05)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("scripts", SCRIPTS.values(), ids=SCRIPTS)
async def test_a_reader_who_is_cancelled_at_any_moment_leaves_nothing_open(scripts, request_):
    for moment in some_of(MOMENTS):
        stage = Stage(*scripts, offload=SlowOffload())
        reader = stage.reading([], request_, toolbox=ScriptedToolbox({"look": "found"}))
        await tick(stage, moment)
        await stage.stop(reader)
        check(stage)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("scripts", SCRIPTS.values(), ids=SCRIPTS)
async def test_a_reader_who_just_ends_after_any_output_leaves_nothing_open(scripts, request_):
    for outputs_read in range(1, 5):
        stage = Stage(*scripts, offload=SlowOffload())
        kept: list[AsyncGenerator[Output, None]] = []

        async def read(stage: Stage = stage, kept: list[AsyncGenerator[Output, None]] = kept, n=outputs_read) -> None:
            kept.append(stage.outputs(request_, toolbox=ScriptedToolbox({"look": "found"})))
            for _ in range(n):
                if await anext(kept[0], None) is None:
                    return

        reader = asyncio.get_running_loop().create_task(read())
        await tick(stage, 100)
        if not reader.done():
            await stage.stop(reader)
        await stage.run_turn.drained()
        check(stage)
        await kept[0].aclose()
        await settled()
        check(stage)


async def test_a_stop_at_any_moment_in_the_line_and_after_it_leaves_nothing_open():
    for moment in some_of(MOMENTS):
        stage = Stage(said("a"), offload=SlowOffload())
        assert stage.places.try_acquire(1)
        reader = stage.reading([], replace(REQUEST, bounds=Bounds(concurrent=1)))
        await until(partial(lambda line: line.waiting, stage.places))
        asyncio.get_running_loop().call_soon(stage.places.release)
        await tick(stage, moment)
        await stage.stop(reader)
        check(stage)


async def test_a_stop_while_the_turn_is_assembled_is_reported_and_returns_the_place():
    stage = Stage(offload=SlowOffload())
    reader = stage.reading([])
    await until(lambda: stage.places.taken)
    await stage.stop(reader)
    assert (stage.places.taken, stage.responses.calls) == (0, [])
    assert stage.log.only("turn_ended").values["reason"] == "cancelled"
    assert [type(notice) for notice in stage.notices.seen] == [TurnStopped]
