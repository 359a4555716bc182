"""The thinking of a model as status lines: cut into windows that lose nothing, few lines, and none that stays."""

import asyncio
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.statuses import StillWaiting
from domain.turn.steps import CloseReasoning, Output, ShowCall, ShowReasoning, ShowServerTool, ShowStatus, ShowText
from entrypoints.openwebui.present.native import NativePresenter
from entrypoints.openwebui.present.pace import ThoughtLine
from entrypoints.openwebui.present.thinking_lines import (
    LONGEST_PAUSE,
    LONGEST_TITLE,
    MOST_LINES,
    PAUSE,
    ThinkingLines,
    ThinkingPacer,
)
from entrypoints.openwebui.present.thinking_windows import LONGEST, PATIENCE, ThinkingWindows
from entrypoints.openwebui.present.wishes import ShownParts, Wishes
from tests.doubles.clock import FakeClock, until
from tests.entrypoints.openwebui.streaming import Reading, ScriptedTurn, own_tasks, page_stream
from tests.entrypoints.openwebui.told import ended, failed, tool_call

NOW = 100.0
texts = st.text("ab .!?\u3002*#\n\u200b", max_size=60) | st.text(max_size=400)
pauses = st.sampled_from([0.0, 0.04, PATIENCE, 3.0])
pieces = st.lists(st.tuples(texts, pauses), max_size=40)


# --- windows --------------------------------------------------------------------------------------------------


@given(pieces)
def test_windows_and_what_is_held_are_the_thinking_in_order(thought: list[tuple[str, float]]) -> None:
    windows, now, cut = ThinkingWindows(), NOW, list[str]()
    for text, pause in thought:
        now += pause
        cut += windows.add(text, now)
        due = windows.due()
        if due is not None and now >= due:
            cut += windows.rest()
    cut += windows.rest()
    assert "".join(cut) == "".join(text for text, _ in thought)
    assert all(0 < len(window) <= LONGEST for window in cut)


@pytest.mark.parametrize(
    ("text", "windows", "held"),
    [
        ("One. Two", ["One."], " Two"),
        ("Is it? Yes! No\u2026 So", ["Is it?", " Yes!", " No\u2026"], " So"),
        ('He said "no." Then', ['He said "no."'], " Then"),
        ("Pi is 3.14 or", [], "Pi is 3.14 or"),
        ("The end.", [], "The end."),  # the next letter tells a sentence from a number
        ("\u4e00\u3002\u4e8c", ["\u4e00\u3002"], "\u4e8c"),
        ("first\nsecond", ["first\n"], "second"),
        ("w " * 100, ["w " * 80], "w " * 20),
        ("w" * 200, ["w" * 160], "w" * 40),
    ],
)
def test_a_window_ends_with_a_sentence_a_line_or_its_length(text: str, windows: list[str], held: str) -> None:
    cutting = ThinkingWindows()
    assert cutting.add(text, NOW) == windows
    assert "".join(cutting.rest()) == held


def test_a_few_words_become_a_window_once_they_have_waited() -> None:
    windows = ThinkingWindows()
    windows.add("too short", NOW)
    assert windows.due() is None
    windows.add(" no more", NOW + 0.5)
    assert windows.due() == NOW + PATIENCE


# --- lines ----------------------------------------------------------------------------------------------------


def texts_of(lines: list[ThoughtLine]) -> list[str]:
    return [line.text for line in lines]


def test_the_first_sentence_shows_at_once_and_the_next_line_after_a_pause() -> None:
    lines = ThinkingLines()
    assert texts_of(lines.think("It is red. And", NOW)) == ["It is red."]
    assert lines.think(" round. And big. So", NOW + 0.1) == []
    assert lines.due() == NOW + PAUSE
    assert texts_of(lines.late(NOW + PAUSE)) == ["And round. And big."]


def test_only_the_newest_sentences_show() -> None:
    lines = ThinkingLines()
    lines.think("It is red. ", NOW)
    lines.think("old " * 30 + ". " + "new " * 30 + ". ", NOW + 0.1)
    (line,) = texts_of(lines.late(NOW + PAUSE))
    assert "new" in line
    assert "old" not in line


@pytest.mark.parametrize("heading", ["**Weighing both**\n\n", "## Weighing both\n", " **Weighing both** \n"])
def test_a_heading_is_the_title_of_the_lines_that_follow(heading: str) -> None:
    lines = ThinkingLines()
    assert texts_of(lines.think(heading, NOW)) == ["Weighing both"]
    assert texts_of(lines.think("The **second** fits. ", NOW + PAUSE)) == ["Weighing both: The second fits."]
    assert texts_of(lines.think("**Answering**\n", NOW + 9)) == ["Answering"]


def test_words_that_stop_in_the_middle_of_a_sentence_show_after_a_while() -> None:
    lines = ThinkingLines()
    assert lines.think("The second reading", NOW) == []
    assert lines.due() == NOW + PATIENCE
    assert texts_of(lines.late(NOW + PATIENCE)) == ["The second reading"]
    assert lines.due() is None


def test_a_line_is_one_visible_line() -> None:
    lines = ThinkingLines()
    (line,) = texts_of(lines.think("a\u202eb\tc\x00d \u2028 e.\n", NOW))
    assert line == "a b c d e."


def test_no_line_shows_blanks() -> None:
    lines = ThinkingLines()
    assert lines.think(" \n\n\u200b. \n", NOW) in ([], [ThoughtLine(".")])
    assert ThinkingLines().think("\n \n", NOW) == []
    assert ThinkingLines().end() == []


@settings(deadline=None)
@given(pieces, st.integers(1, 4))
def test_lines_are_few_bounded_in_order_and_removed_at_the_end(thought: list[tuple[str, float]], times: int) -> None:
    lines, now, shown = ThinkingLines(), NOW, list[tuple[float, str]]()
    for text, pause in thought * times:
        now += pause
        shown += ((now, line.text) for line in [*lines.late(now), *lines.think(text, now)])
    shown += ((now, line.text) for line in lines.pause(now))
    said = [when for when, _ in shown]
    assert all(later - earlier >= PAUSE for earlier, later in pairwise(said))
    assert len(shown) <= MOST_LINES
    assert all(0 < len(line) <= LONGEST + LONGEST_TITLE + 2 and line.isprintable() for _, line in shown)
    assert lines.end() == ([ThoughtLine("")] if shown else [])
    assert lines.end() == []
    assert lines.due() is None


def test_an_hour_of_thinking_is_a_hundred_lines_with_growing_pauses() -> None:
    lines, shown = ThinkingLines(), list[float]()
    for second in range(3600):
        shown += [NOW + second for _ in lines.think("And so on it goes. ", NOW + second)]
    assert len(shown) == MOST_LINES
    assert shown[-1] - shown[-2] >= LONGEST_PAUSE
    assert lines.due() is None


def test_a_host_that_needs_long_for_a_line_gets_the_next_one_later() -> None:
    lines = ThinkingLines()
    lines.think("It is red. ", NOW)
    lines.wait(0.2)
    lines.think("It is round. ", NOW + 0.2)
    assert lines.due() == pytest.approx(NOW + PAUSE + 2)


def test_a_huge_piece_costs_no_more_than_its_end() -> None:
    lines = ThinkingLines()
    (line,) = texts_of(lines.think("It is red. " * 1_000_000, NOW))
    assert len(line) <= LONGEST


# --- among what is sent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        ShowText(1, "yes"),
        ShowCall(1, tool_call()),
        ShowStatus(StillWaiting(1)),
        ShowServerTool(1, ServerToolReport("web_search", Progress.RUNNING)),
        ended(),
        failed(),
    ],
)
def test_whatever_follows_the_thinking_removes_its_line_first(other: Output) -> None:
    pacer = ThinkingPacer()
    thought = pacer.offer(ShowReasoning(0, "It is red. So"), NOW)
    assert thought == [ShowReasoning(0, "It is red. So"), ThoughtLine("It is red.")]
    pacer.left(NOW, 0)
    assert pacer.offer(CloseReasoning(0, 1.0, {}), NOW) == [CloseReasoning(0, 1.0, {})]
    assert pacer.due() == NOW + PAUSE  # the last words wait for their turn
    leaving = pacer.offer(other, NOW + 0.5)
    assert leaving == [ThoughtLine(""), other]
    assert pacer.due() is None


def test_thinking_that_ends_with_the_stream_leaves_no_line() -> None:
    pacer = ThinkingPacer()
    pacer.offer(ShowReasoning(0, "It is red. So"), NOW)
    assert pacer.flush() == [ThoughtLine("")]
    assert pacer.flush() == []


class Statuses:
    """An emitter that keeps the status lines."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []

    async def __call__(self, event: dict[str, Any]) -> None:
        if event["type"] == "status":
            self.shown.append(event["data"])


def stream(turn: ScriptedTurn, clock: FakeClock, statuses: Statuses, *, in_box: bool = False) -> Reading:
    presenter = NativePresenter("r1", (0, 12), Wishes(ShownParts(thoughts_in_box=in_box)))
    return Reading(page_stream(turn, clock, presenter, statuses, ThinkingPacer()))


async def test_a_pause_in_the_thinking_shows_what_came_before_it() -> None:
    clock, turn, statuses = FakeClock(), ScriptedTurn(), Statuses()
    reading = stream(turn, clock, statuses)
    turn.send(ShowReasoning(0, "The second reading"))
    await until(lambda: clock.moments == [PATIENCE])
    clock.advance(PATIENCE)
    await until(lambda: statuses.shown)
    assert statuses.shown == [{"description": "The second reading", "done": False}]
    assert reading.payloads == []
    turn.send(ShowText(1, "yes"))
    await until(lambda: len(statuses.shown) == 2)
    assert statuses.shown[1] == {"description": "", "done": True, "hidden": True}
    turn.send(ended())
    turn.finish()
    await reading.task
    assert statuses.shown[-1]["done"] is True
    assert own_tasks() == set()


async def test_a_page_that_does_not_answer_costs_the_thinking_one_wait() -> None:
    tried = list[str]()

    async def hangs(event: dict[str, Any]) -> None:
        tried.append(event["data"]["description"])
        raise TimeoutError

    clock, turn = FakeClock(), ScriptedTurn()
    reading = Reading(page_stream(turn, clock, NativePresenter("r1", (0, 12), Wishes()), hangs, ThinkingPacer()))
    for number in range(5):
        turn.send(ShowReasoning(0, f"It is red {number}. "))
        await until(partial(lambda asked: turn.asked == asked, number + 2))
        clock.advance(60)
    turn.send(ShowText(1, "yes"), ended())
    turn.finish()
    await reading.task
    assert tried[0] == "It is red 0."
    assert not [line for line in tried[1:] if "red" in line]


async def test_a_stop_while_thinking_ends_every_task() -> None:
    clock, turn, statuses = FakeClock(), ScriptedTurn(ShowReasoning(0, "It is red. So it is a bridge")), Statuses()
    reading = stream(turn, clock, statuses)
    await until(lambda: statuses.shown and clock.moments)
    reading.task.cancel()
    await asyncio.wait({reading.task})
    assert reading.task.cancelled()
    assert own_tasks() == set()
    assert turn.closed


@pytest.mark.parametrize("last", [(failed(),), (), (LookupError(),)], ids=["fault", "no end", "defect"])
@pytest.mark.parametrize("in_box", [True, False])
async def test_thinking_alone_never_ends_in_silence(last: tuple[Any, ...], in_box: bool) -> None:
    clock, turn, statuses = FakeClock(), ScriptedTurn(ShowReasoning(0, "It is red. So it is"), *last), Statuses()
    turn.finish()
    reading = stream(turn, clock, statuses, in_box=in_box)
    await reading.task
    assert len(reading.errors) == 1
    assert statuses.shown[0]["description"] == "It is red."
    assert statuses.shown[-1] == {"description": "", "done": True, "hidden": True}
    assert own_tasks() == set()
