"""Call ids as providers accept them: one form, one id per call, pairs kept, prefixes of histories unchanged."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.wire.call_ids import with_portable_ids
from ports.responses import CHAT_DETAILS, ResponsesBody

ODD = (
    "functions.look:0",
    "call_1",
    "",
    " ",
    "c" * 80,
    "\N{BULLET}",
    "a.b",
    "toolu_01",
    "call_01J2VVZBDQTP1ZQJ8DSN3WKX4M_3",
)
IDS = st.one_of(st.sampled_from(ODD), st.text(max_size=12), st.from_regex(r"[a-zA-Z0-9]{9}", fullmatch=True))


def call(call_id):
    return {"type": "function_call", "call_id": call_id, "name": "look", "arguments": "{}"}


def output(call_id):
    return {"type": "function_call_output", "call_id": call_id, "output": f"of {call_id}"}


def history(ids):
    return [item for call_id in ids for item in (call(call_id), output(call_id))]


@given(st.lists(IDS, max_size=12, unique=True))
def test_every_call_has_a_portable_id_of_its_own_and_its_output(ids):
    items = with_portable_ids(history(ids))
    made = [item["call_id"] for item in items[::2]]
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", one) for one in made)
    assert len(set(made)) == len(ids)
    assert [item["call_id"] for item in items[1::2]] == made
    assert [item["output"] for item in items[1::2]] == [f"of {call_id}" for call_id in ids]


@given(st.lists(IDS, max_size=8, unique=True), st.integers(0, 8))
def test_a_longer_history_begins_with_the_same_ids(ids, end):
    odd = [call_id for call_id in ids if not re.fullmatch("[a-zA-Z0-9]{9}", call_id)]
    assert with_portable_ids(history(odd))[: 2 * end] == list(with_portable_ids(history(odd[:end])))


def test_portable_ids_stay_as_they_are():
    items = history(["abcDEF123", "000000000"])
    assert with_portable_ids(items) is items


def test_both_endpoints_get_the_same_ids():
    body = ResponsesBody("a/b", (*history(["functions.look:0", "x" * 80]),))
    in_responses = [item["call_id"] for item in json.loads(json.dumps(responses_fields(body)["input"]))]
    messages: Any = chat_fields(body)["messages"]
    in_chat = [one for message in messages for one in [*(call["id"] for call in message.get("tool_calls", ()))]]
    assert in_chat == in_responses[::2]
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == in_chat


def test_details_of_thinking_that_name_a_call_name_it_by_its_new_id():
    details = [
        {"type": "reasoning.encrypted", "data": "x", "id": "tool_look_1"},
        {"type": "reasoning.text", "id": "rs"},
    ]
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], CHAT_DETAILS: details}
    items = with_portable_ids([thought, *history(["tool_look_1"])])
    assert [entry["id"] for entry in items[0][CHAT_DETAILS]] == [items[1]["call_id"], "rs"]
    assert details[0]["id"] == "tool_look_1"
