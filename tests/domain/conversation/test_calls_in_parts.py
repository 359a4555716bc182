"""Histories whose calls and results stand among the parts of messages, as other APIs have them."""

from typing import Any

import pytest

from domain.conversation.calls_in_parts import without_calls_in_parts
from domain.conversation.items import items_of

ASKED = {"role": "user", "content": "What is the weather?"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": {"city": "Berlin"}}}


def assistant(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(parts), **more}


SAID = {"type": "text", "text": "I look."}
HISTORIES = {
    "Anthropic": (
        assistant(SAID, {"type": "tool_use", "id": "call_1", "name": "look", "input": {"city": "Berlin"}}),
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}]},
    ),
    "Anthropic, with parts in the result": (
        assistant(SAID, {"type": "tool_use", "id": "call_1", "name": "look", "input": {"city": "Berlin"}}),
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_1", "content": [{"type": "text", "text": "rain"}]}
            ],
        },
    ),
    "AI SDK": (
        assistant(SAID, {"type": "tool-call", "toolCallId": "call_1", "toolName": "look", "input": {"city": "Berlin"}}),
        {
            "role": "tool",
            "content": [
                {
                    "type": "tool-result",
                    "toolCallId": "call_1",
                    "toolName": "look",
                    "output": {"type": "text", "value": "rain"},
                }
            ],
        },
    ),
    "Responses API": (
        assistant(
            SAID, {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"city": "Berlin"}'}
        ),
        {"role": "user", "content": [{"type": "function_call_output", "call_id": "call_1", "output": "rain"}]},
    ),
    "in both places": (
        assistant(
            SAID,
            {"type": "tool_use", "id": "call_1", "name": "look", "input": {"city": "Berlin"}},
            tool_calls=[CALL],
        ),
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ),
    "a result below the id of its message": (
        assistant(SAID, tool_calls=[CALL]),
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "tool_result", "content": "rain"}]},
    ),
}


@pytest.mark.parametrize("answered", HISTORIES.values(), ids=HISTORIES)
def test_calls_and_results_are_sent_as_what_they_are(answered):
    items = items_of(without_calls_in_parts((ASKED, *answered)))
    assert [item["type"] for item in items] == ["message", "message", "function_call", "function_call_output"]
    assert items[1]["content"] == "I look."
    assert (items[2]["name"], items[2]["arguments"]) == ("look", '{"city": "Berlin"}')
    assert items[2]["call_id"] == items[3]["call_id"]
    assert items[3]["output"] == "rain"


def test_what_else_is_said_follows_the_results():
    answered = HISTORIES["Anthropic"][0]
    results = {"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}
    spoken = {"role": "user", "content": [results, {"type": "text", "text": "And tomorrow?"}]}
    *_, output, question = items_of(without_calls_in_parts((ASKED, answered, spoken)))
    assert output["output"] == "rain"
    assert question["content"] == [{"type": "input_text", "text": "And tomorrow?"}]


@pytest.mark.parametrize("value", [None, 3, [], {}, {"type": []}], ids=str)
def test_odd_values_are_no_calls(value):
    parts = [{"type": "tool_use", "id": value, "name": value, "input": value}, {"type": "tool_result", "output": value}]
    for role in ("assistant", "user", "tool", value):
        items_of(without_calls_in_parts(({"role": role, "content": parts, "tool_calls": value}, value, ASKED)))


def test_messages_without_such_parts_stay_as_they_are():
    messages = (ASKED, assistant(SAID, tool_calls=[CALL]), {"role": "tool", "tool_call_id": "call_1", "content": "a"})
    assert without_calls_in_parts(messages) == messages
