"""The window of a history contains whole turns and all system messages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.conversation.items import answerable, items_of
from domain.conversation.placeholders import DO_AS_ASKED, GO_ON
from domain.conversation.turn_boundaries import last_turns
from tests.examples import examples

HISTORY: list[dict[str, Any]] = [
    {"role": "system", "content": "s"},
    {"role": "user", "content": "u1"},
    {"role": "assistant", "content": "a1"},
    {"role": "user", "content": "u2"},
    {"role": "user", "content": "u3"},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "function": {"name": "f"}}]},
    {"role": "tool", "tool_call_id": "c", "content": "t"},
    {"role": "developer", "content": "d"},
    {"role": "user", "content": "u4"},
]


@pytest.mark.parametrize(
    ("turns", "kept"),
    [
        (0, ["s", "u1", "a1", "u2", "u3", "", "t", "d", "u4"]),
        (-1, ["s", "u1", "a1", "u2", "u3", "", "t", "d", "u4"]),
        (1, ["s", "d", "u4"]),
        (2, ["s", "u2", "u3", "", "t", "d", "u4"]),
        (3, ["s", "u1", "a1", "u2", "u3", "", "t", "d", "u4"]),
        (99, ["s", "u1", "a1", "u2", "u3", "", "t", "d", "u4"]),
    ],
)
def test_window_contains_the_last_turns_and_all_system_messages(turns, kept):
    assert [message["content"] for message in last_turns(HISTORY, turns) if isinstance(message, dict)] == kept


@examples(20)
@given(st.lists(st.sampled_from([*HISTORY, None, "odd"]), max_size=12), st.integers(0, 5))
def test_window_never_separates_a_call_from_its_output(messages, turns):
    items = items_of(messages, None, turns)
    calls = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert [item["call_id"] for item in items if item["type"] == "function_call_output"] == calls


def users(text):
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def test_history_that_ends_with_the_models_words_asks_to_continue_them():
    assert answerable(items_of([{"role": "assistant", "content": "x"}]))[-1] == users(GO_ON)


@pytest.mark.parametrize("role", ["system", "developer"])
@pytest.mark.parametrize("before", [[], HISTORY, HISTORY[:7], HISTORY[:2]], ids=["nothing", "person", "tool", "model"])
def test_history_that_ends_with_instructions_asks_to_follow_them(role, before):
    items = answerable(items_of([*before, {"role": role, "content": "Be brief."}]))
    assert items[:-1] == items_of([*before, {"role": role, "content": "Be brief."}])
    assert items[-1] == users(DO_AS_ASKED)


@pytest.mark.parametrize("messages", [[], HISTORY, HISTORY[:7]], ids=["empty", "person", "tool"])
def test_history_that_ends_with_the_person_stays_unchanged(messages):
    items = items_of(messages)
    assert answerable(items) == items


@pytest.mark.parametrize("kind", ["openrouter:shell", "web_search_call", "function_call"])
def test_a_history_that_ends_with_what_a_stopped_answer_used_asks_to_continue(kind):
    items = ({"type": "message", "role": "user", "content": []}, {"type": kind, "status": "completed"})
    assert answerable(items)[2]["role"] == "user"
