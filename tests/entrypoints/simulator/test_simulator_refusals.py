"""Requests that upstream rejects, as a table: a change to a valid body, and the error message."""

from typing import Any

import orjson
import pytest

from entrypoints.simulator.answers import Answer, Refusal
from entrypoints.simulator.prepare import Endpoint, prepare
from entrypoints.simulator.state import Simulator
from tests.entrypoints.simulator.reading import Caller

USER = {"role": "user", "content": "hi"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "red"}
TOOL: dict[str, Any] = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
CHAT_TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
SIMULATOR = Simulator()


def refused(body: Any, endpoint: Endpoint = "responses") -> Answer:
    with pytest.raises(Refusal) as refusal:
        prepare(SIMULATOR, endpoint, body, routing_report=False)
    return refusal.value.answer


def accepted(body: Any, endpoint: Endpoint = "responses") -> bool:
    return bool(prepare(SIMULATOR, endpoint, body, routing_report=False).script)


def asking(**fields: Any) -> dict[str, Any]:
    return {"model": "sim/echo", "input": [USER], **fields}


def history(*items: dict[str, Any]) -> dict[str, Any]:
    return asking(input=[USER, *items])


def saying(*parts: dict[str, Any]) -> dict[str, Any]:
    return asking(input=[{"role": "user", "content": list(parts)}])


def text_of(answer: Answer) -> str:
    """Return the message together with `metadata.raw`, which has the text if the message is generic."""
    body = orjson.loads(answer.body)
    metadata = body.get("metadata") or body["error"].get("metadata") or {}
    return f"{body['error']['message']} {metadata.get('raw', '')}"


ITEM_ID = {"id": "msg_1", "status": "completed"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}
ANSWER = {"role": "assistant", "content": "it is red"}
IMAGE = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0KGgo="}
WEATHER = {**TOOL, "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}

BROKEN_SHAPES: dict[str, dict[str, Any]] = {
    "store": asking(store=True),
    "previous_response_id": asking(previous_response_id="resp_1"),
    "temperature": asking(temperature="hot"),
    "top_k": asking(top_k=1.5),
    "top_logprobs": asking(top_logprobs=21),
    "max_output_tokens": asking(max_output_tokens="many"),
    "metadata": asking(metadata={"n": 1}),
    "stop": asking(stop=["a", "b", "c", "d", "e"]),
    "modalities": asking(modalities=["text", "audio"]),
    "include": asking(include=["web_search_call.action.sources"]),
    "models": asking(models=None),
    "tools": asking(tools=[{"type": "function", "name": "look"}]),
    "tool_choice": asking(tools=[TOOL], tool_choice={"type": "tool"}),
    "provider": asking(provider={"colour": "red"}),
    "provider max_price": asking(provider={"max_price": {"prompt": 1}}),
    "reasoning": asking(reasoning={"effort": "extreme"}),
    "text": asking(text={"format": {"type": "json_schema", "name": "x"}}),
    "plugins": asking(plugins=[{"id": "unknown"}]),
    "session_id": asking(session_id="x" * 257),
    "user": asking(user=None),
    "service_tier": asking(service_tier="slow"),
    "stop_server_tools_when": asking(stop_server_tools_when=[]),
    "cache_control": asking(cache_control={"type": "forever"}),
    "trace": asking(trace={"trace_id": 5}),
    "prompt": asking(prompt={"variables": {"name": "Ann"}}),
    "prompt variable": asking(prompt={"id": "p", "variables": {"name": 5}}),
    "prompt_cache_options": asking(prompt_cache_options={"mode": "explicit", "ttl": "1y"}),
    "deferred_tools": asking(deferred_tools={"profile": "portable"}),
    "plugins web": asking(plugins=[{"id": "web", "max_results": 26}]),
    "plugins handles": asking(
        plugins=[{"id": "web", "x_search": {"allowed_x_handles": ["a"], "excluded_x_handles": ["b"]}}]
    ),
    "plugins alignment": asking(plugins=[{"id": "alignment"}]),
    "plugins armor": asking(plugins=[{"id": "armor", "classifier_context": {"auto_mode": {}}}]),
    "plugins fusion": asking(plugins=[{"id": "fusion", "analysis_models": ["a/b"] * 9}]),
    "plugins router": asking(plugins=[{"id": "auto-router", "cost_tier": "free"}]),
    "input": {"model": "sim/echo"},
    "input empty text": asking(input=""),
    "input empty list": asking(input=[]),
}


@pytest.mark.parametrize("name", BROKEN_SHAPES)
def test_field_of_the_wrong_shape_is_an_invalid_prompt_naming_the_field(name: str) -> None:
    answer = refused(BROKEN_SHAPES[name])
    body = orjson.loads(answer.body)
    assert answer.status == 400
    assert body["error"] == {"code": "invalid_prompt", "message": "Invalid Responses API request"}
    assert orjson.loads(body["metadata"]["raw"])[0]["path"][0] == name.partition(" ")[0]


BROKEN_ITEMS: dict[str, dict[str, Any]] = {
    "unknown type": {"type": "riddle"},
    "unknown role": {"role": "tool", "content": "x"},
    "image without detail": {"role": "user", "content": [{"type": "input_image", "image_url": "https://a/b.png"}]},
    "nested image url": {"role": "user", "content": [{**IMAGE, "image_url": {"url": "https://a/b.png"}}]},
    "audio as m4a": {
        "role": "user",
        "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "m4a"}}],
    },
    "chat part": {"role": "user", "content": [{"type": "text", "text": "x"}]},
    "assistant list without id": {"role": "assistant", "content": [{"type": "output_text", "text": "x"}]},
    "arguments as object": {**CALL, "arguments": {}},
    "output as object": {**OUTPUT, "output": {"colour": "red"}},
    "output null": {**OUTPUT, "output": None},
    "summary of strings": {**REASONING, "summary": ["x"]},
    "reasoning without summary": {"type": "reasoning", "id": "rs_1"},
}


@pytest.mark.parametrize("name", BROKEN_ITEMS)
def test_item_that_fits_no_schema_is_reported_by_its_index_among_all_alternatives(name: str) -> None:
    body = orjson.loads(refused(history(BROKEN_ITEMS[name])).body)
    union = orjson.loads(body["metadata"]["raw"])[0]
    item = union["errors"][1][0]
    assert union["path"] == ["input"]
    assert item["path"] == [1]
    assert len(item["errors"]) > 20


REFUSED_BY_RULES: dict[str, dict[str, Any]] = {
    "sim/unheard is not a valid model ID": asking(model="sim/unheard"),
    "openai/gpt-0 is not a valid model ID": asking(models=["sim/echo", "openai/gpt-0"]),
    "'models' array must have 3 items or fewer": asking(models=["sim/echo"] * 4),
    "No models provided": {"input": "hi"},
    "Background mode": asking(background=True),
    "No tool call found for function call output with call_id call_1": history(OUTPUT),
    "No tool output found for function call call_1": history(CALL, USER),
    "More than one output found for tool call call_1": history(CALL, OUTPUT, OUTPUT),
    "Duplicate tool call id call_1": history(CALL, CALL, OUTPUT),
    "Expected an ID that begins with 'fc'": history({**CALL, "id": "msg_1"}, OUTPUT),
    "Expected an ID that begins with 'msg'": history(
        {"role": "assistant", "content": "x", "id": "fc_1", "status": "completed"}
    ),
    "Duplicate item found with id msg_1": history({**ANSWER, **ITEM_ID}, {**ANSWER, **ITEM_ID}),
    "Invalid 'input[1].name'": history({**CALL, "name": "look up"}, OUTPUT),
    "Invalid 'input[1].arguments'": history({**CALL, "arguments": ""}, OUTPUT),
    "encrypted content for item rs_1 could not be verified": history(
        {**REASONING, "encrypted_content": "gAAAA"}, ANSWER
    ),
    "of type 'reasoning' was provided without its required following item": history(REASONING, USER),
    "image format is not supported": saying({**IMAGE, "image_url": "data:image/heic;base64,AA"}),
    "without a data URL prefix": saying(
        {"type": "input_audio", "input_audio": {"data": "data:audio/wav;base64,AA", "format": "wav"}}
    ),
    "Invalid 'tools[0].name'": asking(tools=[{**TOOL, "name": "look up"}]),
    "Tool names must be unique": asking(tools=[TOOL, TOOL]),
    'schema must be a JSON Schema of type \\"object\\"': asking(tools=[{**TOOL, "parameters": {"type": "array"}}]),
    "in strict mode every property must be required": asking(tools=[{**WEATHER, "strict": True}]),
    "'tool_choice' is only allowed when 'tools' are specified": asking(tool_choice="required"),
    "Tool choice 'see' not found": asking(tools=[TOOL], tool_choice={"type": "function", "name": "see"}),
    "Expected a value >= 16, but got 15": asking(model="openai/gpt-5.6-luna", max_output_tokens=15),
    "max_tokens is too large": asking(max_output_tokens=10_000_000),
    "maximum context length": asking(model="gryphe/mythomax-l2-13b", input="word " * 100_000),
    "Reasoning is mandatory for this endpoint": asking(model="google/gemini-2.5-pro", reasoning={"enabled": False}),
    'Only one of "reasoning.effort" and "reasoning.max_tokens"': asking(
        reasoning={"effort": "low", "max_tokens": 2000}
    ),
    "greater than or equal to 1024": asking(model="anthropic/claude-haiku-4.5", reasoning={"max_tokens": 500}),
    "must be greater than `thinking.budget_tokens`": asking(
        model="anthropic/claude-haiku-4.5", reasoning={"max_tokens": 2000}, max_output_tokens=2000
    ),
    "Thinking may not be enabled when tool_choice forces tool use": asking(
        model="anthropic/claude-haiku-4.5", reasoning={"effort": "low"}, tools=[TOOL], tool_choice="required"
    ),
    "text content blocks must be non-empty": {
        **saying({"type": "input_text", "text": ""}),
        "model": "anthropic/claude-haiku-4.5",
    },
    "thinking.signature: Field required": {
        **history({**REASONING, "content": [{"type": "reasoning_text", "text": "hm"}]}, ANSWER),
        "model": "anthropic/claude-haiku-4.5",
    },
    "Invalid `signature` in `thinking` block": {
        **history({**REASONING, "content": [{"type": "reasoning_text", "text": "hm"}], "signature": "x"}, ANSWER),
        "model": "anthropic/claude-haiku-4.5",
    },
}


@pytest.mark.parametrize("words", REFUSED_BY_RULES)
def test_rule_of_upstream_or_host_refuses_with_its_words(words: str) -> None:
    answer = refused(REFUSED_BY_RULES[words])
    assert answer.status == 400
    assert words in text_of(answer)


NO_ENDPOINT: dict[str, dict[str, Any]] = {
    'support tool use. Try disabling "look"': asking(model="gryphe/mythomax-l2-13b", tools=[TOOL]),
    "support image input": {**saying(IMAGE), "model": "gryphe/mythomax-l2-13b"},
    "support the requested output modalities: image": asking(modalities=["text", "image"]),
    "can handle the requested parameters": asking(
        model="openai/gpt-5.6-luna", temperature=0.5, provider={"require_parameters": True}
    ),
    "matching your data policy": asking(model="deepseek/deepseek-r1", provider={"zdr": True}),
    "No allowed providers are available": asking(provider={"only": ["groq"]}),
    "within the maximum price": asking(provider={"max_price": {"completion": "1"}}),
}


@pytest.mark.parametrize("words", NO_ENDPOINT)
def test_request_no_endpoint_is_left_for_is_not_found(words: str) -> None:
    answer = refused(NO_ENDPOINT[words])
    assert answer.status == 404
    assert words in text_of(answer)


def test_model_that_generates_no_text_is_on_the_wrong_endpoint() -> None:
    error = orjson.loads(refused(asking(model="openai/text-embedding-3-large")).body)["error"]
    assert error["availability"]["code"] == "wrong_endpoint"


def test_words_of_a_host_stand_in_raw_beside_its_name() -> None:
    error = orjson.loads(refused(history(OUTPUT)).body)["error"]
    assert error["message"] == "Provider returned error"
    assert error["metadata"]["provider_name"] == "Simulator"


REASONED = {**REASONING, "id": "rs_2"}
ACCEPTED: dict[str, dict[str, Any]] = {
    "plain text": asking(input="hi"),
    "unknown key": asking(colour="red"),
    "nullable fields": asking(temperature=None, instructions=None, metadata=None, tools=[TOOL], stop=None),
    "whole number as float": asking(max_output_tokens=100.0),
    "parallel calls": history(CALL, {**CALL, "call_id": "call_2"}, {**OUTPUT, "call_id": "call_2"}, OUTPUT, USER),
    "call waiting at the end": history(CALL),
    "answer as text": history(ANSWER, USER),
    "answer as item": history(
        {"type": "message", **ITEM_ID, "role": "assistant", "content": [{"type": "output_text", "text": "x"}]}, USER
    ),
    "reasoning before a call": history(REASONING, REASONED, CALL, OUTPUT),
    "output in parts": history(CALL, {**OUTPUT, "output": [{"type": "input_text", "text": "x"}, IMAGE]}),
    "media": saying(IMAGE, {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}),
    "variant": asking(model="openai/gpt-5.6-luna:nitro"),
    "three fallbacks": asking(models=["sim/empty", "sim/usage", "openai/gpt-5.6-luna"]),
    "json schema": asking(text={"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}),
    "server tool": asking(tools=[{"type": "openrouter:web_search", "parameters": {"max_results": 3}}]),
    "strict and complete tool": asking(
        tools=[{**TOOL, "strict": True, "parameters": {**TOOL["parameters"], "additionalProperties": False}}]
    ),
    "preferences": asking(
        provider={"order": ["simulator"], "sort": "price", "max_price": {"prompt": "2"}, "zdr": True}
    ),
    "generated picture in the history": history(
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AA"}, USER
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_good_request_is_accepted(name: str) -> None:
    assert accepted(ACCEPTED[name])


def chatting(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "sim/echo", "messages": list(messages) or [USER], **fields}


ASKED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}
CHAT_REFUSED: dict[str, dict[str, Any]] = {
    "messages": {"model": "sim/echo", "messages": []},
    "messages.0": chatting({"role": "robot", "content": "x"}),
    "max_tokens": chatting(max_tokens="many"),
    "response_format": chatting(response_format={"type": "json_schema", "name": "x"}),
    "metadata": chatting(metadata={"n": 1}),
    "tools.0": chatting(tools=[TOOL]),
    "must be a response to a preceding message": chatting(
        USER, {"role": "tool", "tool_call_id": "call_1", "content": "x"}
    ),
    "The following did not have response messages: call_1": chatting(USER, ASKED, USER),
    "is not a valid model ID": chatting(model="nobody/nothing"),
}


@pytest.mark.parametrize("words", CHAT_REFUSED)
def test_bad_chat_request_is_refused_in_the_common_envelope(words: str) -> None:
    answer = refused(CHAT_REFUSED[words], "chat")
    assert orjson.loads(answer.body)["error"]["code"] == 400
    assert words in text_of(answer)


def test_chat_history_with_answered_calls_is_accepted() -> None:
    told = {"role": "tool", "tool_call_id": "call_1", "content": "red"}
    assert accepted(chatting(USER, ASKED, told, tools=[CHAT_TOOL]), "chat")


async def test_refusal_reaches_the_caller_with_its_status(caller: Caller) -> None:
    reply = await caller.stream("sim/echo", store=True)
    assert reply.status == 400
    assert reply.json["error"]["code"] == "invalid_prompt"


async def test_body_that_is_no_json_is_refused(caller: Caller) -> None:
    headers = {"Authorization": "Bearer sk-or-v1-simulator"}
    async with caller.session.post(caller.url + "/responses", data=b'{"model": "\xff"', headers=headers) as response:
        assert response.status == 400


async def test_body_beyond_the_limit_of_the_edge_is_answered_by_a_page(caller: Caller) -> None:
    reply = await caller.answer("sim/echo", "x" * (33 * 1024 * 1024))
    assert reply.status == 413
    assert reply.headers["Content-Type"].startswith("text/html")
