"""Histories with calls of every kind, whatever clients make of them: upstream's own models take what is sent."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire.request_body import serialise
from domain.conversation.call_kinds import CALLER_CALLS, CALLS, OUTPUT_OF
from domain.conversation.calls_as_text import as_text
from domain.conversation.items import items_of
from domain.conversation.native_calls import call_in, output_of, sound_call, words_of_call
from ports.json_values import JsonObject
from ports.responses import ResponsesBody
from tests.oracle import sdk_judge

ASKED = {"role": "user", "content": "go"}
NAMES = (
    "name input arguments action operation server_label id type command commands env path diff namespace execution "
    "call_id timeout_ms function custom environment status"
)
KEYS = st.sampled_from(NAMES.split())
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 9)
    | st.text(max_size=6)
    | st.sampled_from(["exec", "update_file", "delete_file", "server", "{}", "[1]", "container_auto"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=10
)
KINDS = st.sampled_from(["function", "custom", *CALLER_CALLS, "new_call", ""])
ENTRIES = st.builds(
    lambda kind, call_id, nested: {"type": kind, "id": call_id, kind: nested},
    KINDS,
    st.sampled_from(["c1", "c2", "c3", "", "a.b:0"]),
    st.dictionaries(KEYS, VALUES, max_size=7),
)
OUTPUTS = st.builds(
    lambda call_id, content: {"role": "tool", "tool_call_id": call_id, "content": content},
    st.sampled_from(["c1", "c2", "c3", "", "a.b:0"]),
    st.text(max_size=8)
    | VALUES
    | st.sampled_from(['{"status": "failed"}', '[{"stdout": "x"}]', '{"approve": false}', '{"tools": [1]}', "yes"]),
)
MESSAGES = st.lists(
    st.builds(lambda calls: {"role": "assistant", "content": "", "tool_calls": calls}, st.lists(ENTRIES, max_size=3))
    | OUTPUTS
    | st.just(ASKED),
    max_size=8,
)


def sent(items: tuple[JsonObject, ...]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(serialise(responses_fields(ResponsesBody("m", items))))
    return body


@given(MESSAGES)
def test_random_calls_and_outputs_leave_a_history_that_upstream_takes(messages: list[Any]) -> None:
    items = items_of([ASKED, *messages])
    assert sdk_judge.judge(sent(items), None) == []
    calls = [item["call_id"] for item in items if item["type"] in CALLS]
    assert len(set(calls)) == len(calls)
    assert sorted(calls) == sorted(item["call_id"] for item in items if item["type"] in OUTPUT_OF.values())
    assert all("role" in item for item in as_text(items))


WHOLE: dict[str, dict[str, Any]] = {
    "function_call": {"name": "look", "arguments": "{}", "namespace": "crm"},
    "custom_tool_call": {"name": "sql", "input": "SELECT 1"},
    "local_shell_call": {"action": {"type": "exec", "command": ["ls"], "env": {"A": "b"}, "timeout_ms": 5}},
    "shell_call": {"action": {"commands": ["ls"], "timeout_ms": None, "max_output_length": 10}},
    "apply_patch_call": {"operation": {"type": "create_file", "path": "a", "diff": "+a"}},
    "mcp_approval_request": {"name": "look", "server_label": "maps", "arguments": "{}"},
    "tool_search_call": {"execution": "client", "arguments": {"query": "x"}},
}


def test_every_kind_is_tried() -> None:
    assert set(WHOLE) == CALLS


@pytest.mark.parametrize("kind", sorted(CALLS))
@pytest.mark.parametrize("completed", [True, False])
def test_a_whole_call_goes_back_with_an_output_of_its_kind(kind: str, completed: bool) -> None:
    call = sound_call({**WHOLE[kind], "type": kind, "call_id": "c1"})
    assert call is not None
    assert sound_call(call) == call
    output = output_of(call, "done", completed=completed)
    assert (output["type"], output["call_id"]) == (OUTPUT_OF[kind], "c1")
    assert sdk_judge.judge(sent((call, output)), None) == []
    name, said = words_of_call(call)
    assert name
    assert said


@pytest.mark.parametrize("entry", [None, 5, {}, {"type": "custom"}, {"type": "custom", "custom": {"input": "x"}}])
def test_what_is_no_call_is_none(entry: Any) -> None:
    assert call_in(entry, "c1") is None


def test_a_custom_call_without_a_type_is_known_by_its_form() -> None:
    assert call_in({"custom": {"name": "sql", "input": "x"}}, "c1") == {
        "type": "custom_tool_call",
        "call_id": "c1",
        "name": "sql",
        "input": "x",
    }


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "function", "name": "look", "arguments": '{"q":1}'},
        {"name": "look", "args": {"q": 1}},
        {"type": "tool_call", "name": "look", "args": {"q": 1}},
    ],
)
def test_a_call_whose_fields_stand_beside_its_type_goes_back_too(entry: Any) -> None:
    call = call_in({"id": "c1", **entry}, "c1")
    assert call is not None
    assert (call["type"], call["name"], json.loads(call["arguments"])) == ("function_call", "look", {"q": 1})


def test_a_custom_call_and_a_native_one_may_be_flat_too() -> None:
    assert call_in({"id": "c1", "type": "custom", "name": "sql", "input": "x"}, "c1") == {
        "type": "custom_tool_call",
        "call_id": "c1",
        "name": "sql",
        "input": "x",
    }
    call = call_in({"type": "shell_call", "call_id": "c1", "action": {"commands": ["ls"]}}, "c1")
    assert call is not None
    assert call["action"] == {"commands": ["ls"]}


@pytest.mark.parametrize("own", ["x" * 200, ""])
def test_no_id_of_a_local_shell_is_longer_than_providers_take(own: str) -> None:
    call = sound_call({"type": "local_shell_call", "id": own, "call_id": "y" * 200, "action": {"command": ["ls"]}})
    assert call is not None
    assert call["id"].startswith("lsh_")
    assert len(call["id"]) <= 64
