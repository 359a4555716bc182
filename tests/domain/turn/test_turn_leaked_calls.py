"""Calls that a server left in the text: the tool runs, nobody reads the markup, and nothing else is held or lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.turn.events import CallFinished
from domain.turn.machine import TurnPlan
from domain.turn.steps import Reason, ShowText
from ports.response_events import ItemDone, ResponseEnded, ResponseStatus, StreamClosed, TextDone
from ports.toolbox import ToolResult
from tests.domain.conversation.leaked_forms import FORMS
from tests.domain.turn.talk import COST, REQUEST, STARTED, Turn, call, completed, delta, done, message

PLAN = TurnPlan(REQUEST, runnable=frozenset({"look", "send"}))
HERMES = FORMS["Hermes, Qwen"]


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


def test_words_about_calls_flow() -> None:
    text = "The <tool_call> tag, `<function=look>` and\n```\n" + HERMES
    turn = Turn(PLAN)
    turn.feed(STARTED, *map(delta, words(text)))

    assert turn.text == text


@given(
    st.lists(
        st.sampled_from([*FORMS.values(), "Hi ", "<", "<tool", "_call>", "`", "```\n", "[", "[TOOL", "x"]), max_size=8
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
