"""Calls of every kind have portable ids too, under the key by which upstream pairs them."""

import json
from typing import Any

import pytest

from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.responses.request_body import responses_fields
from ports.json_values import JsonObject
from ports.responses import ResponsesBody

LONG = "functions.look:0"
PAIRS: dict[str, tuple[JsonObject, ...]] = {
    "custom": (
        {"type": "custom_tool_call", "call_id": LONG, "name": "sql", "input": "SELECT 1"},
        {"type": "custom_tool_call_output", "call_id": LONG, "output": "3 rows"},
    ),
    "local shell": (
        {"type": "local_shell_call", "id": "lsh_1", "call_id": LONG, "action": {"type": "exec", "command": ["ls"]}},
        {"type": "local_shell_call_output", "call_id": LONG, "output": "a.txt"},
    ),
    "shell": (
        {"type": "shell_call", "call_id": LONG, "action": {"commands": ["ls"]}},
        {"type": "shell_call_output", "call_id": LONG, "output": [{"stdout": "a.txt", "stderr": ""}]},
    ),
    "patch": (
        {"type": "apply_patch_call", "call_id": LONG, "operation": {"type": "delete_file", "path": "a"}},
        {"type": "apply_patch_call_output", "call_id": LONG, "status": "completed", "output": "done"},
    ),
    "tool search": (
        {"type": "tool_search_call", "call_id": LONG, "execution": "client", "arguments": {"query": "maps"}},
        {"type": "tool_search_output", "call_id": LONG, "execution": "client", "tools": []},
    ),
}
APPROVAL = (
    {"type": "mcp_approval_request", "call_id": "mcpr_1", "name": "look", "server_label": "m", "arguments": "{}"},
    {"type": "mcp_approval_response", "call_id": "mcpr_1", "approve": True},
)


def sent(body: ResponsesBody) -> Any:
    return responses_fields(body)["input"]


def sent_to_chat(body: ResponsesBody) -> Any:
    return chat_fields(body)["messages"]


@pytest.mark.parametrize("kind", PAIRS)
def test_a_pair_stays_a_pair_under_a_portable_id(kind):
    call, output = sent(ResponsesBody("a/b", PAIRS[kind]))
    key = "id" if kind == "local shell" else "call_id"
    assert call["call_id"] == output[key] != LONG
    assert len(call["call_id"]) == 9
    assert call["call_id"].isalnum()
    assert ("call_id" in output) is (key == "call_id")


def test_an_approval_keeps_upstreams_own_id():
    asked, answered = sent(ResponsesBody("a/b", APPROVAL))
    assert (asked["id"], answered["approval_request_id"]) == ("mcpr_1", "mcpr_1")
    assert "call_id" not in {**asked, **answered}


@pytest.mark.parametrize("pair", [*PAIRS.values(), APPROVAL], ids=[*PAIRS, "approval"])
def test_through_chat_completions_a_native_call_is_a_call_of_a_function(pair):
    question = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]}
    _, asked, answered = sent_to_chat(ResponsesBody("a/b", (question, *pair)))
    (call,) = asked["tool_calls"]
    assert call["type"] == "function"
    assert isinstance(json.loads(call["function"]["arguments"]), dict | str)
    assert answered["role"] == "tool"
    assert answered["tool_call_id"] == call["id"] != ""
    assert answered["content"]


@pytest.mark.parametrize("key", ["id", "call_id"])
def test_on_chat_completions_an_approval_is_a_call_and_has_a_portable_id(key):
    pairs: list[JsonObject] = []
    for name in ("first", "second"):
        asked, answered = dict(APPROVAL[0]), dict(APPROVAL[1])
        asked.pop("call_id")
        answered.pop("call_id")
        response_key = "call_id" if key == "call_id" else "approval_request_id"
        pairs += [{**asked, key: f"{name}." * 40}, {**answered, response_key: f"{name}." * 40}]
    messages = sent_to_chat(ResponsesBody("a/b", tuple(pairs)))
    calls = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == calls
    assert len(set(calls)) == 2
    assert {len(call_id) for call_id in calls} == {9}
