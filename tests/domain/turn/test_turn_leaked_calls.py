"""Calls that a server left in the text: the tool runs, nobody reads the markup, and nothing else is held or lost."""

from collections import UserList
from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.events import CallFinished
from domain.turn.held_calls import HeldCalls
from domain.turn.machine import TurnPlan
from domain.turn.output_items import OutputItem
from domain.turn.steps import Reason, ShowText
from ports.json_values import JsonObject
from ports.response_events import ItemDone, ResponseEnded, ResponseStatus, StreamClosed, TextDone
from ports.toolbox import ToolResult
from tests.domain.conversation.leaked_forms import FORMS
from tests.domain.turn.talk import COST, REQUEST, STARTED, Turn, call, completed, delta, done, message

PLAN = TurnPlan(REQUEST, runnable=frozenset({"look", "send"}))
HERMES = FORMS["Hermes, Qwen"]
FUNCTION: JsonObject = {"type": "function", "name": "look", "parameters": {"type": "object"}}


def words(text: str) -> list[str]:
    return [text[at : at + 5] for at in range(0, len(text), 5)]


def turn_of(text: str, plan: TurnPlan = PLAN) -> Turn:
    """A response whose text came in pieces and was complete."""
    turn = Turn(plan)
    turn.feed(STARTED, *map(delta, words(text)), *done(message(text)), completed())
    return turn


def calls(turn: Turn) -> list[tuple[str, str]]:
    return [(step.call.name, step.call.arguments) for step in turn.steps if hasattr(step, "call")]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_the_tool_runs_and_the_markup_is_not_shown(form: str) -> None:
    turn = turn_of(f"I look.\n{form}")

    assert turn.text == "I look.\n"
    (call_id,) = turn.started
    assert ("look", '{"q": "a"}') in calls(turn)
    turn.feed(CallFinished(call_id, ToolResult("found")))
    *_, said, asked, output = turn.attempts[-1].request.body.input
    assert said["content"][0]["text"] == "I look.\n"
    assert (asked["type"], asked["name"], asked["call_id"]) == ("function_call", "look", call_id)
    assert (output["call_id"], output["output"]) == (call_id, "found")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_nothing_of_the_markup_is_shown_that_comes_character_by_character(form: str) -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, f"I look.\n{form}"), completed())

    assert turn.text == "I look.\n"
    assert len(turn.started) == 1


def test_a_response_of_calls_alone_leaves_no_empty_message() -> None:
    turn = turn_of(HERMES)
    turn.feed(CallFinished(turn.started[0], ToolResult("found")))

    kinds = [item["type"] for item in turn.attempts[-1].request.body.input]
    assert kinds == ["message", "function_call", "function_call_output"]
    assert turn.text == ""


def test_a_call_that_came_as_a_call_too_runs_once() -> None:
    turn = Turn(PLAN)
    said = message('<tool_call>{"name": "look", "arguments": {"q":1}}</tool_call>')
    turn.feed(STARTED, *done(said, call("a")), completed())

    assert turn.started == ["a"]


def test_callers_who_run_tools_themselves_are_handed_the_call() -> None:
    turn = turn_of(HERMES, TurnPlan(REQUEST, handed_over=frozenset({"look"})))

    assert turn.end.reason is Reason.TOOL_CALLS
    assert [name for name, _ in calls(turn)] == ["look"]


def test_without_tools_the_text_is_shown_as_it_comes() -> None:
    turn = Turn()
    turn.feed(STARTED, *map(delta, words(HERMES)))

    assert turn.text == HERMES


@pytest.mark.parametrize("status", [ResponseStatus.INCOMPLETE, ResponseStatus.FAILED])
def test_of_a_response_that_is_not_whole_the_text_is_shown(status: ResponseStatus) -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, words(HERMES)), *done(message(HERMES)))
    assert turn.text == ""
    turn.feed(ResponseEnded(status, "gen-1", "maker/answering", usage=COST))

    assert turn.text == HERMES
    assert turn.started == []


def test_a_stream_without_an_end_whose_message_is_whole_is_a_call() -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, *done(message(HERMES)), StreamClosed(said_done=True))

    assert len(turn.started) == 1


def test_a_text_that_names_no_tool_is_held_no_longer_than_its_name() -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, words('<tool_call>{"name": "other", "arguments": {')))

    assert turn.text.startswith('<tool_call>{"name": "other"')


@pytest.mark.parametrize("begins", [HERMES, "<function=look> is one, and", '<invoke name="look"> calls it, and'])
def test_an_answer_that_goes_on_after_a_call_is_not_held_until_its_end(begins: str) -> None:
    text = f"{begins}\nI looked, and it is sunny. " + "It will stay so for some days. " * 20
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, words(text)))

    assert turn.text == text
    turn.feed(*map(delta, words(HERMES)), *done(message(text + HERMES)), completed())
    assert turn.text == text
    assert len(turn.started) == 1


@pytest.mark.parametrize("after", ["<", "<openrouter_armor"])
def test_what_is_held_as_a_mark_stands_behind_what_is_held_as_a_call(after: str) -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, delta(HERMES), delta(after))
    turn.feed(ResponseEnded(ResponseStatus.INCOMPLETE, "gen-1", "maker/answering", usage=COST))

    assert turn.text == HERMES + after


def test_an_empty_complete_text_takes_nothing_away() -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, delta(HERMES), TextDone(0, "msg_1", 0, ""), ItemDone(0, message("")), completed())

    assert len(turn.started) == 1


def test_a_complete_text_that_differs_takes_nothing_away() -> None:
    turn = Turn(PLAN)
    turn.feed(STARTED, delta("Hi "), delta("<tool_call> is"), TextDone(0, "msg_1", 0, "Hello"), completed())

    assert turn.text == "Hi <tool_call> is"


def test_nothing_is_lost_after_the_last_try() -> None:
    text = "<tool_call> is no, " * 20 + "<tool"
    turn = Turn(PLAN)
    turn.feed(STARTED, delta(text), delta("_call> tag"), completed())

    assert turn.text == text + "_call> tag"


class Pieces(UserList[str]):
    """Pieces that count how many of them are read."""

    read = 0

    def __iter__(self) -> Iterator[str]:
        Pieces.read += len(self)
        return super().__iter__()


def test_what_was_shown_is_not_read_again_for_each_piece() -> None:
    held, slot = HeldCalls(frozenset({"look"})), OutputItem(0, "msg_1", "message", 0, 0.0)
    pieces = Pieces()
    slot.pieces["text", 0] = cast(list[str], pieces)
    for piece in ("a < b", "```\n", "<tool_call> ", "`<tool_call>`", "<tool", "[T") * 100:
        pieces.append(held.piece((slot, ("text", 0)), piece))

    assert Pieces.read < 2 * len(pieces)


def test_who_forbids_calls_gets_the_text() -> None:
    body = replace(REQUEST.body, tools=(FUNCTION,), tool_choice="none")
    turn = turn_of(HERMES, TurnPlan(replace(REQUEST, body=body), handed_over=frozenset({"look"})))

    assert (turn.text, turn.end.reason) == (HERMES, Reason.STOP)


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "custom", "name": "look"},
        {"type": "namespace", "name": "eyes", "tools": [FUNCTION]},
    ],
    ids=["custom", "in a namespace"],
)
def test_a_tool_that_takes_no_call_of_that_form_is_not_called(tool: JsonObject) -> None:
    turn = turn_of(HERMES, TurnPlan(replace(REQUEST, body=replace(REQUEST.body, tools=(tool,)))))

    assert (turn.text, turn.end.reason) == (HERMES, Reason.STOP)


def test_calls_of_several_rounds_have_ids_of_their_own() -> None:
    turn = turn_of(HERMES)
    for _ in range(3):
        turn.feed(CallFinished(turn.started[-1], ToolResult("found")))
        turn.feed(STARTED, *map(delta, words(HERMES)), *done(message(HERMES)), completed())

    assert len(set(turn.started)) == len(turn.started) == 4


def test_words_about_calls_flow() -> None:
    text = "The <tool_call> tag, `<function=look>` and\n```\n" + HERMES
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, words(text)))

    assert turn.text == text


@given(
    st.lists(
        st.sampled_from(
            [*FORMS.values(), "Hi ", "<", "<tool", "_call>", "`", "```\n", "[", "[TOOL", "x", "it is.", "<|channel|>"]
        ),
        max_size=8,
    ),
    st.data(),
    st.sampled_from(["complete", "without the whole text", "cut short"]),
)
def test_nothing_is_lost_and_nothing_is_shown_twice(texts: list[str], data: st.DataObject, how: str) -> None:
    text = "".join(texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    turn = Turn(PLAN)
    turn.feed(STARTED, *(delta(piece) for piece in pieces if piece))
    if how == "complete":
        turn.feed(TextDone(0, "msg_1", 0, text), ItemDone(0, message(text)))
    status = ResponseStatus.INCOMPLETE if how == "cut short" else ResponseStatus.COMPLETED
    turn.feed(ResponseEnded(status, "gen-1", "maker/answering", usage=COST))

    shown = "".join(step.text for step in turn.all(ShowText))
    if turn.started:
        assert how != "cut short"
        assert text.startswith(shown)
        assert any(form in text[len(shown) :] for form in FORMS.values())
    else:
        assert shown == text
