"""The generator API clients read."""

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from domain.turn.statuses import StillWaiting
from domain.turn.steps import Ended, ShowCitation, ShowImage, ShowStatus, ShowText
from entrypoints.openai.chunks import ChunkPresenter
from entrypoints.openai.frames import PIECE, ChunkHead
from entrypoints.openai.guard import Guard
from entrypoints.openai.stream import unpaced
from tests.doubles.clock import settled, until
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry
from tests.entrypoints.openwebui.streaming import Reading, ScriptedTurn, Told
from tests.entrypoints.openwebui.told import ended, failed


def guard(presenter: Any = None, telemetry: RecordedTelemetry | None = None) -> Guard:
    return Guard(presenter or Told(), FakeIds(), telemetry or RecordedTelemetry())


async def test_every_output_leaves_as_it_comes() -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"))
    reading = Reading(unpaced(turn.start, guard()))

    await reading.comes_to(2)
    assert reading.told == [ShowText(0, "a"), ShowText(0, "b")]
    turn.send(ended())
    turn.finish()
    await reading.task


async def test_turn_receives_the_task_that_reads() -> None:
    turn = ScriptedTurn(ended())
    turn.finish()
    reading = Reading(unpaced(turn.start, guard()))

    await reading.task
    assert turn.reader is reading.task


async def test_turn_is_closed_after_the_end() -> None:
    turn = ScriptedTurn(ended())
    turn.finish()

    await Reading(unpaced(turn.start, guard())).task
    assert turn.closed


async def test_events_of_the_page_are_omitted() -> None:
    turn = ScriptedTurn(ShowStatus(StillWaiting(1)), ShowCitation("https://x.test", "X"), ended())
    turn.finish()
    reading = Reading(unpaced(turn.start, guard(ChunkPresenter(ChunkHead("i", "m", 1), own_done=False))))

    await reading.task
    assert {payload["object"] for payload in reading.payloads} == {"chat.completion.chunk"}


async def test_presenter_that_breaks_ends_the_stream_with_one_error_and_closes_the_turn() -> None:
    telemetry = RecordedTelemetry()
    turn = ScriptedTurn(ShowText(0, "a"), ShowStatus(StillWaiting(1)), ShowText(0, "c"))
    reading = Reading(unpaced(turn.start, guard(Told(breaks_at=(ShowStatus, Ended)), telemetry)))

    await reading.task
    assert reading.told == [ShowText(0, "a")]
    assert len(reading.errors) == 1
    assert turn.closed
    assert telemetry.named("answer_not_shown")


async def test_turn_that_raises_ends_the_stream_with_one_fault() -> None:
    turn = ScriptedTurn(ShowText(0, "a"), LookupError("what was sent"))
    reading = Reading(unpaced(turn.start, guard(ChunkPresenter(ChunkHead("i", "m", 1), own_done=False))))

    await reading.task
    assert [error["code"] for error in reading.errors] == ["internal_error"]
    assert "what was sent" not in str(reading.payloads)


async def test_turn_that_stops_without_an_end_ends_the_stream_with_one_fault() -> None:
    turn = ScriptedTurn(ShowText(0, "a"))
    turn.finish()
    reading = Reading(unpaced(turn.start, guard(ChunkPresenter(ChunkHead("i", "m", 1), own_done=True))))

    await reading.task
    assert len(reading.errors) == 1
    assert reading.payloads[-1] == "data: [DONE]"


async def test_defect_after_the_end_adds_nothing() -> None:
    telemetry = RecordedTelemetry()
    turn = ScriptedTurn(failed(), LookupError())
    reading = Reading(unpaced(turn.start, guard(None, telemetry)))

    await reading.task
    assert reading.told == [failed()]
    assert telemetry.named("answer_not_shown")


async def test_cancelled_reader_closes_the_turn_and_stays_cancelled() -> None:
    turn = ScriptedTurn(ShowText(0, "a"))
    reading = Reading(unpaced(turn.start, guard()))
    await reading.comes_to(1)
    await settled()

    reading.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading.task
    assert turn.closed
    assert reading.errors == []


async def test_stream_closed_by_the_host_closes_the_turn() -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"))
    stream = unpaced(turn.start, guard())

    async with aclosing(stream):  # type: ignore[type-var]
        assert await anext(stream) == {"told": ShowText(0, "a")}
    assert turn.closed


async def test_slow_host_delays_the_stream_without_loss() -> None:
    turn = ScriptedTurn(*(ShowText(0, str(number)) for number in range(10)))
    stream = unpaced(turn.start, guard())
    await anext(stream)

    await settled()
    assert turn.asked == 1
    await stream.aclose()  # type: ignore[attr-defined]
    await until(lambda: turn.closed)


async def test_a_very_long_text_and_a_large_picture_leave_in_pieces_and_others_run_in_between() -> None:
    data = "data:image/png;base64," + "A" * 3 * PIECE
    turn = ScriptedTurn(ShowText(0, "w" * 2 * PIECE + "."), ShowImage(1, data, checked=True), ShowText(2, "."), ended())
    turn.finish()
    chunks: list[str] = []
    turns: list[int] = []
    ticking = asyncio.get_running_loop().create_task(_tick(turns))
    presenter = ChunkPresenter(ChunkHead("i", "m", 1), own_done=False)
    async for payload in unpaced(turn.start, guard(presenter)):
        assert isinstance(payload, dict)
        chunks += [choice["delta"].get("content", "") for choice in payload["choices"]]
    ticking.cancel()
    assert "".join(chunks) == "w" * 2 * PIECE + f".\n\n![image]({data})\n\n."
    assert max(map(len, chunks)) <= PIECE + len("![image](")
    assert len(turns) >= 6


async def _tick(turns: list[int]) -> None:
    while True:
        turns.append(1)
        await asyncio.sleep(0)
