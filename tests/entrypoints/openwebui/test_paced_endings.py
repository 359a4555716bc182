"""The page's generator when something ends it unexpectedly."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import pytest

from domain.turn.statuses import StillWaiting
from domain.turn.steps import Ended, Output, ShowCall, ShowStatus, ShowText
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.wishes import Wishes
from tests.doubles.clock import FakeClock, settled, until
from tests.entrypoints.openwebui.streaming import Reading, ScriptedTurn, Told, begun, own_tasks, page_stream
from tests.entrypoints.openwebui.told import failed, tool_call


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_cancelled_reader_closes_the_turn_and_leaves_no_task(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    reading.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading.task
    assert turn.closed
    assert own_tasks() == set()


async def test_reader_cancelled_while_nothing_is_held_closes_the_turn(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"))
    reading = Reading(page_stream(turn, clock))
    await until(lambda: turn.asked == 2)

    reading.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading.task
    assert turn.closed


async def test_cancelled_reader_gets_nothing_more(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    reading.task.cancel()
    await asyncio.wait((reading.task,))
    assert reading.told == [ShowText(0, "a")]
    assert reading.errors == []


async def test_stream_closed_by_the_host_while_a_piece_is_held_closes_the_turn(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"), ShowStatus(StillWaiting(1)))
    paced_stream = page_stream(turn, clock)

    async with aclosing(paced_stream):  # type: ignore[type-var]
        assert await anext(paced_stream) == {"told": ShowText(0, "a")}
        assert await anext(paced_stream) == {"told": ShowText(0, "b")}
    assert turn.closed
    assert own_tasks() == set()


async def test_presenter_that_breaks_ends_the_stream_with_one_error_and_closes_the_turn(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"), ShowStatus(StillWaiting(1)), ShowText(0, "c"))
    reading = Reading(page_stream(turn, clock, Told(breaks_at=(ShowStatus, Ended))))

    await reading.task
    assert reading.told == [ShowText(0, "a"), ShowText(0, "b")]
    assert len(reading.errors) == 1
    assert turn.closed


async def test_turn_that_raises_ends_the_stream_as_a_fault_is_closed(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowCall(1, tool_call()), LookupError("what was sent"))
    reading = Reading(page_stream(turn, clock, NativePresenter("r1", (0, 8), Wishes())))

    await reading.task
    outputs = [p["item"]["type"] for p in reading.payloads if p.get("type") == "response.output_item.added"]
    assert outputs == ["message", "function_call", "function_call_output"]
    assert list(reading.payloads[-1]) == ["error"]
    assert "what was sent" not in str(reading.payloads)


async def test_fault_is_the_last_thing_a_page_gets(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), failed(), ShowText(0, "late"))
    turn.finish()
    reading = Reading(page_stream(turn, clock))

    await reading.task
    assert reading.told == [ShowText(0, "a"), failed()]


async def test_words_held_back_come_before_the_error_of_a_turn_that_raises(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    turn.send(LookupError())
    await reading.task
    assert reading.told[:2] == [ShowText(0, "a"), ShowText(0, "b")]
    assert isinstance(reading.told[2], Ended)


async def test_host_whose_task_ends_without_closing_the_stream_leaves_no_task_once_the_turn_is_over(
    clock: FakeClock,
) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"), ShowStatus(StillWaiting(1)))
    stream = page_stream(turn, clock)

    async def host() -> None:
        for _ in range(2):
            await anext(stream)

    await asyncio.create_task(host())
    turn.send(failed())
    turn.finish()
    await settled()
    assert own_tasks() == set()
    assert [payload["told"] async for payload in stream] == [ShowStatus(StillWaiting(1)), failed()]


async def test_host_may_leave_a_turn_that_takes_no_notice_of_it(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def outputs() -> AsyncGenerator[Output, None]:
        yield ShowText(0, "a")
        yield ShowText(0, "b")
        with suppress(asyncio.CancelledError):
            await asyncio.get_running_loop().create_future()
        yield ShowStatus(StillWaiting(1))

    turn = ScriptedTurn()
    monkeypatch.setattr(turn, "start", lambda _reader: outputs())
    reading = Reading(page_stream(turn, clock))
    await until(lambda: clock.moments)

    reading.task.cancel()
    await settled()
    assert reading.task.done()
    assert own_tasks() == set()
