"""The page's generator: text at its pace, events beside it."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.turn.statuses import ModelReplaced, StillWaiting
from domain.turn.steps import (
    CloseReasoning,
    Ended,
    Output,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowReasoning,
    ShowStatus,
    ShowText,
)
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.pace import INTERVAL
from entrypoints.openwebui.present.thinking_lines import ThinkingPacer
from entrypoints.openwebui.present.wishes import Wishes
from tests.doubles.clock import FakeClock, settled, until
from tests.entrypoints.openwebui.streaming import Reading, ScriptedTurn, begun, own_tasks, page_stream
from tests.entrypoints.openwebui.told import ended, result, tool_call


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_first_piece_leaves_at_once(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"))
    reading = Reading(page_stream(turn, clock))

    await reading.comes_to(1)
    turn.send(ended())
    turn.finish()
    await reading.task


async def test_held_piece_is_sent_by_its_timer(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)
    assert clock.moments == [INTERVAL]

    clock.advance(INTERVAL)
    await reading.comes_to(2)
    assert reading.told == [ShowText(0, "a"), ShowText(0, "b")]
    reading.task.cancel()


async def test_pieces_of_one_interval_leave_as_one(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)
    for letter in "cde":
        turn.send(ShowText(0, letter))
    await until(lambda: turn.asked == 6)

    clock.advance(INTERVAL)
    await reading.comes_to(2)
    assert reading.told[1:] == [ShowText(0, "bcde")]
    reading.task.cancel()


async def test_second_held_piece_has_a_timer_of_its_own(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)
    clock.advance(INTERVAL)
    await reading.comes_to(2)
    turn.send(ShowText(0, "c"))
    await until(lambda: clock.moments)

    clock.advance(INTERVAL)
    await reading.comes_to(3)
    assert reading.told[2] == ShowText(0, "c")
    reading.task.cancel()


async def test_timer_of_a_piece_that_has_left_does_not_hurry_the_next(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)
    clock.advance(INTERVAL / 2)
    turn.send(ShowStatus(StillWaiting(1)), ShowText(0, "c"))
    await until(lambda: turn.asked == 5)
    assert reading.told[1:] == [ShowText(0, "b"), ShowStatus(StillWaiting(1))]

    clock.advance(INTERVAL * 3 / 4)
    await settled()
    assert reading.told[3:] == []
    clock.advance(INTERVAL)
    await reading.comes_to(4)
    reading.task.cancel()


@pytest.mark.parametrize(
    "other",
    [
        CloseReasoning(0, 1.0, {}),
        ShowCall(1, tool_call()),
        ShowCallResult(1, tool_call(), result()),
        ShowStatus(StillWaiting(1)),
    ],
)
async def test_other_outputs_are_sent_at_once_after_the_held_piece(clock: FakeClock, other: Output) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    turn.send(other)
    await reading.comes_to(3)
    assert reading.told[1:] == [ShowText(0, "b"), other]
    reading.task.cancel()


async def test_end_is_sent_with_the_held_piece_and_closes_the_turn(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    turn.send(ended())
    turn.finish()
    await reading.task
    assert reading.told[1:] == [ShowText(0, "b"), ended()]
    assert turn.closed
    assert own_tasks() == set()


async def test_line_of_thinking_that_is_due_later_does_not_delay_words(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowReasoning(0, "A first thought that is long enough for a line of its own. "))
    reading = Reading(page_stream(turn, clock, pacer=ThinkingPacer()))
    await reading.comes_to(1)
    clock.advance(INTERVAL)
    turn.send(ShowReasoning(0, "A second thought that is long enough for a line of its own. "))
    await reading.comes_to(2)
    await until(lambda: clock.moments)
    assert clock.moments > [2 * INTERVAL]

    turn.send(ShowText(1, "a"))
    await until(lambda: turn.asked == 4)
    clock.advance(INTERVAL)
    await settled()
    assert reading.told[2:] == [ShowText(1, "a")]
    reading.task.cancel()


async def test_word_that_comes_while_the_host_takes_a_late_piece_waits_for_its_own_turn(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "a"), ShowText(0, "b"))
    stream = page_stream(turn, clock)
    assert await anext(stream) == {"told": ShowText(0, "a")}
    coming = asyncio.ensure_future(anext(stream))
    await until(lambda: clock.moments)
    clock.advance(INTERVAL)
    assert await coming == {"told": ShowText(0, "b")}

    turn.send(ShowText(0, "c"))  # the host is still busy with the piece before it
    await settled()
    coming = asyncio.ensure_future(anext(stream))
    await settled()
    assert not coming.done()
    clock.advance(INTERVAL)
    assert await coming == {"told": ShowText(0, "c")}
    await stream.aclose()  # type: ignore[attr-defined]


async def test_held_piece_is_not_lost_when_the_turn_stops_without_an_end(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    turn.finish()
    await reading.task
    assert reading.told[1] == ShowText(0, "b")
    assert isinstance(reading.told[2], Ended)


async def test_turn_receives_the_task_that_reads(clock: FakeClock) -> None:
    turn = ScriptedTurn()
    reading = await begun(turn, clock)

    assert turn.reader is reading.task
    reading.task.cancel()


async def test_interval_stretches_with_what_the_host_sends_again(clock: FakeClock) -> None:
    turn = ScriptedTurn(ShowText(0, "x" * 60_000), ShowText(0, "y"))
    reading = Reading(page_stream(turn, clock, NativePresenter("r1", (0, 10), Wishes())))

    await until(lambda: clock.moments)
    assert clock.moments == [0.2]
    reading.task.cancel()


# --- events ---------------------------------------------------------------------------------------------------


async def test_event_is_emitted_between_the_pieces_around_it(clock: FakeClock) -> None:
    order: list[str] = []

    async def emitter(event: dict[str, Any]) -> None:
        order.append(event["type"])

    turn = ScriptedTurn(ShowText(0, "a"), ShowCitation("https://x.test", "X"), ended())
    turn.finish()
    async for payload in page_stream(turn, clock, NativePresenter("r1", (0, 10), Wishes()), emitter):
        order.append(payload["type"].removeprefix("response."))

    assert order == [
        *("output_item.added", "output_text.delta", "source"),
        *("output_item.done", "status", "replace", "completed"),
    ]


async def test_emitter_that_raises_or_hangs_costs_the_answer_nothing(clock: FakeClock) -> None:
    async def emitter(event: dict[str, Any]) -> None:
        if event["type"] == "source":
            raise LookupError
        await asyncio.get_running_loop().create_future()

    turn = ScriptedTurn(ShowStatus(StillWaiting(1)), ShowCitation("https://x.test", "X"), ShowText(0, "a"), ended())
    turn.finish()
    reading = Reading(page_stream(turn, clock, NativePresenter("r1", (0, 12), Wishes()), emitter))

    await reading.task
    assert reading.payloads[-1]["type"] == "response.completed"


texts = st.text("abc", max_size=3)
outputs: st.SearchStrategy[Output] = st.one_of(
    st.builds(ShowText, st.integers(0, 1), texts),
    st.builds(ShowReasoning, st.integers(0, 1), texts),
    st.builds(ShowStatus, st.builds(ModelReplaced, texts, texts)),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(outputs, st.sampled_from([0.0, 0.01, 0.05])), max_size=20))
def test_nothing_is_lost_or_reordered_for_any_outputs_and_times(moves: list[tuple[Output, float]]) -> None:
    async def run() -> list[Output]:
        clock, turn = FakeClock(), ScriptedTurn()
        reading = Reading(page_stream(turn, clock))
        for output, pause in moves:
            turn.send(output)
            await asyncio.sleep(0)
            clock.advance(pause)
            await asyncio.sleep(0)
        turn.send(ended())
        turn.finish()
        await reading.task
        return reading.told

    marks = [mark for output in asyncio.run(run()) for mark in letters(output)]
    assert marks == [mark for output in [*(output for output, _ in moves), ended()] for mark in letters(output)]


def letters(output: Output) -> list[object]:
    """Write an output so that only where texts are cut makes no difference."""
    if isinstance(output, ShowText | ShowReasoning):
        return [(type(output), output.segment, letter) for letter in output.text]
    return [output]
