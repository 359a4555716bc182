"""API clients send histories in the forms of other APIs: nothing of a call, a result or a refusal is lost."""

import json
from typing import Any

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions

LOOK = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
QUESTION = {"role": "user", "content": "hello"}
CALLED = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}


async def sent(caller: Caller, simulator: Simulator, *messages: Any) -> list[dict[str, Any]]:
    """Return the items that reach upstream for a history."""
    body = {"model": "openrouter.sim/echo", "messages": list(messages), "tools": [LOOK], "stream": True}
    reply = await caller.send(body, Who.API)
    assert reply.errors == []
    items = questions(simulator)[-1].body["input"]
    assert isinstance(items, list)
    return items


async def test_calls_and_results_of_anthropics_form_reach_the_model(caller: Caller, simulator: Simulator) -> None:
    called = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}}
    brought = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "a fish"}]}
    items = await sent(
        caller,
        simulator,
        QUESTION,
        {"role": "assistant", "content": [called]},
        {"role": "user", "content": [brought, {"type": "text", "text": "and now?"}]},
    )
    assert [item["type"] for item in items] == ["message", "function_call", "function_call_output", "message"]
    assert json.loads(items[1]["arguments"]) == {"a": 1}
    assert items[2]["output"] == "a fish"
    assert items[3]["content"][0]["text"] == "and now?"


async def test_a_picture_in_such_a_result_is_seen(caller: Caller, simulator: Simulator) -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}
    called = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    brought = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [picture]}
    items = await sent(
        caller, simulator, QUESTION, {"role": "assistant", "content": [called]}, {"role": "user", "content": [brought]}
    )
    assert [part["type"] for part in items[2]["output"]] == ["input_image"]


async def test_a_refusal_beside_the_content_stays_in_the_history(caller: Caller, simulator: Simulator) -> None:
    refused = {"role": "assistant", "content": None, "refusal": "I will not."}
    items = await sent(caller, simulator, QUESTION, refused, {"role": "user", "content": "why?"})
    assert [item["role"] for item in items] == ["user", "assistant", "user"]
    assert items[1]["content"] == "I will not."


async def test_a_picture_among_other_things_of_a_result_is_no_text(caller: Caller, simulator: Simulator) -> None:
    content = [
        {"type": "image", "data": PICTURE, "mimeType": "image/png"},
        {"type": "resource", "resource": {"uri": "notes://1", "text": "the notes"}},
        {"type": "text", "text": "both"},
    ]
    items = await sent(
        caller,
        simulator,
        QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [CALLED]},
        {"role": "tool", "tool_call_id": "call_1", "content": content},
    )
    output = items[2]["output"]
    assert [part["type"] for part in output] == ["input_image", "input_text", "input_text"]
    assert "the notes" in output[1]["text"]
    assert output[2]["text"] == "both"


async def test_messages_with_roles_of_other_apis_reach_the_model(caller: Caller, simulator: Simulator) -> None:
    items = await sent(
        caller,
        simulator,
        {"role": "human", "content": "first"},
        {"role": "AI", "content": "second"},
        {"role": "User", "content": {"type": "text", "text": "third"}},
    )
    assert [item["role"] for item in items] == ["user", "assistant", "user"]
    assert items[2]["content"][0]["text"] == "third"


async def test_speakers_of_a_group_chat_reach_the_model_of_a_client(caller: Caller, simulator: Simulator) -> None:
    asked = {**QUESTION, "name": "Ann"}
    items = await sent(caller, simulator, asked, {"role": "user", "name": "Bob", "content": "No."})
    assert [item["content"][0]["text"] for item in items] == ["[Ann says]\nhello", "[Bob says]\nNo."]
