"""Interrupted answers: calls that are missing from the history are inserted at their position."""

from typing import Any

import pytest

from domain.conversation.interrupted_calls import (
    InterruptedAnswer,
    InterruptedCall,
    not_shown,
    open_outputs,
    with_interrupted,
)
from domain.conversation.items import items_of
from domain.conversation.journalled_calls import RESULT_BYTES, JournalledCall, shortened
from domain.conversation.marks import marks_of
from domain.conversation.placeholders import MAY_HAVE_RUN, RESULT_LOST
from domain.conversation.references import call_reference
from entrypoints.openwebui.history_format import OPEN_WEBUI, details_entry, marker_line, thinking_tag
from tests.domain.conversation.kept_turns import call, output, record, ulid

TURN = ulid(1)
Q1, Q2, Q3 = ({"role": "user", "content": text} for text in ("Why?", "And?", "So?"))


def ran(name: str, call_id: str = "", turn: str = TURN, arguments: str = "{}") -> InterruptedCall:
    return InterruptedCall(turn, call_id or name, name, True, JournalledCall(name, arguments, f"{name} said"))


LOST = InterruptedCall(TURN, "lost", "lose", True)
STARTED = InterruptedCall(TURN, "started", "begin", False)


def shown(number: int, name: str, arguments: str = "{}", turn: str = TURN) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": call_reference(turn, number), "type": "function", "function": function}


def calls(*made: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": list(made)}


def answered(number: int) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_reference(TURN, number), "content": "said"}


# --- position -------------------------------------------------------------------------------------------------


def roles(messages: Any) -> list[str]:
    return [message["role"] if "tool_calls" not in message else "calls" for message in messages]


@pytest.mark.parametrize(("questions", "place"), [(1, 2), (2, 1), (0, 3)])
def test_interrupted_answer_is_inserted_before_the_next_question(questions: int, place: int) -> None:
    sent = roles(with_interrupted([Q1, Q2, Q3], [InterruptedAnswer(questions, (ran("look"),))]))
    assert sent == [*["user"] * place, "calls", "tool", *["user"] * (3 - place)]


@pytest.mark.parametrize("questions", [3, 4, 1000])
def test_interrupted_answer_is_omitted_with_its_question(questions: int) -> None:
    assert with_interrupted([Q1, Q2, Q3], [InterruptedAnswer(questions, (ran("look"),))]) == [Q1, Q2, Q3]


def test_nothing_is_inserted_into_a_history_without_questions() -> None:
    assert with_interrupted([], [InterruptedAnswer(0, (ran("look"),))]) == []


def test_several_answers_are_inserted_at_their_own_positions() -> None:
    answers = [InterruptedAnswer(2, (ran("a"),)), InterruptedAnswer(1, (ran("b"),))]
    sent = items_of(with_interrupted([Q1, Q2, Q3], answers))
    assert [item.get("name") for item in sent if item["type"] == "function_call"] == ["a", "b"]
    assert [item["type"] for item in sent] == ["message", *["function_call", "function_call_output", "message"] * 2]


def test_repeated_call_id_begins_a_new_round() -> None:
    sent = with_interrupted([Q1, Q2], [InterruptedAnswer(1, (ran("a", "0"), ran("b", "1"), ran("c", "0")))])
    assert roles(sent) == ["user", "calls", "tool", "tool", "calls", "tool", "user"]


def test_lost_results_and_unfinished_calls_are_reported_as_text_each_tool_once() -> None:
    sent = with_interrupted([Q1, Q2], [InterruptedAnswer(1, (LOST, STARTED, LOST, ran("look")))])
    assert roles(sent) == ["user", "calls", "tool", "assistant", "assistant", "user"]
    lost, unknown = sent[3]["content"], sent[4]["content"]  # type: ignore[index]
    assert (lost.count("lose"), RESULT_LOST in lost, MAY_HAVE_RUN in unknown, "begin" in unknown) == (1, 1, 1, 1)


# --- calls in the history -------------------------------------------------------------------------------------


def test_calls_in_the_history_are_not_inserted_again() -> None:
    history = [Q1, calls(shown(0, "look", '{"q": 1}')), answered(0), Q2]
    given = (ran("look", arguments='{"q":1}'), ran("look", "other", arguments='{"q":2}'), STARTED)
    assert not_shown(marks_of(history, OPEN_WEBUI), (), given) == given[1:]


def test_one_call_in_the_history_matches_one_interrupted_call() -> None:
    history = [Q1, calls(shown(0, "look")), answered(0), Q2]
    assert not_shown(marks_of(history, OPEN_WEBUI), (), (ran("look", "a"), ran("look", "b"))) == (ran("look", "b"),)


def test_open_call_in_the_history_matches_the_unfinished_call() -> None:
    history = [Q1, calls(shown(0, "look"), shown(1, "begin")), answered(0), Q2]
    assert not_shown(marks_of(history, OPEN_WEBUI), (), (STARTED, ran("look"))) == ()


def test_calls_of_other_turns_do_not_match() -> None:
    history = [Q1, calls(shown(0, "look", turn=ulid(2))), Q2]
    assert not_shown(marks_of(history, OPEN_WEBUI), (), (ran("look"),)) == (ran("look"),)


def test_calls_of_stored_turns_are_not_inserted_again() -> None:
    stored = record(call("look"), output("look"))
    assert not_shown(marks_of([Q1, Q2], OPEN_WEBUI), (stored,), (ran("look"), ran("other"), STARTED)) == (
        ran("other"),
        STARTED,
    )


def test_text_with_a_reference_shows_the_finished_calls() -> None:
    text = {"role": "assistant", "content": f"It is there.\n\n{marker_line(TURN)}\n"}
    assert not_shown(marks_of([Q1, text, Q2], OPEN_WEBUI), (), (ran("look"), LOST, STARTED)) == (STARTED,)


@pytest.mark.parametrize(
    "thought",
    [
        {"content": "", "reasoning_details": [details_entry(TURN, 0)]},
        {"content": f"{thinking_tag(TURN, 0)}I must look.</think>"},
    ],
)
def test_reference_in_thinking_shows_no_calls(thought: dict[str, Any]) -> None:
    thinking = {"role": "assistant", **thought}
    assert not_shown(marks_of([Q1, thinking, Q2], OPEN_WEBUI), (), (ran("look"),)) == (ran("look"),)


@pytest.mark.parametrize("odd", [None, 7, "x", [], {"role": "assistant", "tool_calls": [None, {"id": 7}, {"id": "x"}]}])
def test_malformed_messages_show_no_calls(odd: object) -> None:
    assert marks_of([odd], OPEN_WEBUI).open_calls == ()
    assert not_shown(marks_of([odd, Q1], OPEN_WEBUI), (), (ran("look"),)) == (ran("look"),)
    assert with_interrupted([odd, Q1, Q2], [InterruptedAnswer(1, (ran("look"),))])[0] == odd


# --- calls without an output in the history ------------------------------------------------------------------


def outputs(history: list[Any], *given: InterruptedCall) -> dict[str, str]:
    return open_outputs(marks_of(history, OPEN_WEBUI).open_calls, given)


def test_open_calls_get_the_known_results() -> None:
    history = [Q1, calls(shown(0, "look"), shown(1, "begin"), shown(2, "look")), answered(2)]
    assert outputs(history, ran("look"), STARTED) == {
        call_reference(TURN, 0): "look said",
        call_reference(TURN, 1): MAY_HAVE_RUN,
    }


def test_open_calls_of_settled_turns_get_no_results() -> None:
    assert outputs([calls(shown(0, "look"))]) == {}


def test_foreign_and_answered_calls_are_not_open() -> None:
    history = [calls(shown(0, "look"), shown(1, "look"), {"id": "call_foreign"}), answered(1), None]
    assert [(one.turn_id, one.call_id) for one in marks_of(history, OPEN_WEBUI).open_calls] == [
        (TURN, call_reference(TURN, 0))
    ]


def test_each_result_is_used_for_one_call() -> None:
    history = [calls(shown(0, "look"), shown(1, "look"))]
    assert sorted(outputs(history, ran("look")).values()) == [MAY_HAVE_RUN, "look said"]


# --- length of results ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["z", "ü", "模", "\U0001f600"])
def test_long_results_keep_beginning_and_end(unit: str) -> None:
    text = f"begin{unit * RESULT_BYTES}end"
    short = shortened(text)
    assert len(short.encode()) <= RESULT_BYTES + 200
    assert (short.startswith("begin" + unit), short.endswith(unit + "end")) == (True, True)
    kept = short.count(unit)
    assert f"[{RESULT_BYTES - kept} characters removed" in short


def test_results_of_the_maximum_size_are_not_shortened() -> None:
    assert shortened("x" * RESULT_BYTES) == "x" * RESULT_BYTES
