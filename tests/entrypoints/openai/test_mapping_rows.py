"""The mapping tables row by row: from a chat completions request to the request upstream gets."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.openrouter.chat.request_body import chat_fields
from domain.request.body import Prepared, build
from domain.request.identifiers import session_of
from domain.request.turn_request import Identifiers, Person, Prompting, Thinking, TurnRequest
from entrypoints.openai.completions_body import CompletionsBody, read_completions_body
from ports.catalog import Model, Reasoning
from ports.responses import Route
from tests.adapters.openrouter.serialised import serialise_body

PICTURE = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
SOUND = {"data": "UklGRg==", "format": "wav"}
SLUG = "maker/model"
MODEL = Model(
    SLUG,
    "Model",
    max_completion_tokens=8000,
    input_modalities=frozenset({"text", "image", "file", "audio", "video"}),
    supported_parameters=frozenset(
        {"temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "top_logprobs", "logprobs", "seed"}
        | {"stop", "min_p", "top_a", "repetition_penalty", "logit_bias", "tools", "tool_choice", "reasoning"}
        | {"response_format", "structured_outputs", "verbosity"}
    ),
    reasoning=Reasoning(takes_effort=True),
)
REQUEST = TurnRequest(SLUG, (), Route("https://a.example", "key"), thinking=Thinking(False))
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
FLAT = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}
OWN = {"type": "function", "name": "own", "parameters": {"type": "object", "properties": {}}, "strict": False}


def prepared(body: dict[str, Any], request: TurnRequest = REQUEST, *offered: dict[str, Any]) -> Prepared:
    read = read_completions_body({"model": SLUG, "messages": [{"role": "user", "content": "Why?"}], **body})
    assert isinstance(read, CompletionsBody)
    filled = replace(request, messages=tuple(read.messages), parameters=read.parameters())
    built = build(filled, SLUG, MODEL, offered)
    assert isinstance(built, Prepared)
    return built


def sent(body: dict[str, Any], request: TurnRequest = REQUEST, *offered: dict[str, Any]) -> dict[str, Any]:
    """Return what goes to `/responses`, as read back from its bytes."""
    read: dict[str, Any] = json.loads(serialise_body(prepared(body, request, *offered).request.body))
    return read


def items(*messages: Any) -> list[dict[str, Any]]:
    history: list[dict[str, Any]] = sent({"messages": list(messages)})["input"]
    return history


def text(words: str) -> dict[str, str]:
    return {"type": "input_text", "text": words}


def message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(parts)}


ASK = message("user", text("Why?"))
MESSAGES = {
    "system": ({"role": "system", "content": " Be\n brief. "}, [message("system", text(" Be\n brief. ")), ASK]),
    "developer": (
        {"role": "developer", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        [message("developer", text("a"), text("b")), ASK],
    ),
    "user": ({"role": "user", "content": "Hi"}, [message("user", text("Hi")), ASK]),
    "assistant": (
        {"role": "assistant", "content": "Yes.", "annotations": [], "reasoning_details": []},
        [{"type": "message", "role": "assistant", "content": "Yes."}, ASK],
    ),
    "assistant that refused": (
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "I will not."}]},
        [{"type": "message", "role": "assistant", "content": "I will not."}, ASK],
    ),
    "assistant of white space": ({"role": "assistant", "content": " \n"}, [ASK]),
    "without a role": ({"content": "Hi"}, [ASK]),
    "no object": ("Hi", [ASK]),
}


@pytest.mark.parametrize(("given", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_message_becomes_its_items_at_its_place(given, expected):
    assert items(given, {"role": "user", "content": "Why?"}) == expected


IMAGE = {"type": "input_image", "detail": "auto", "image_url": PICTURE}
PARTS = {
    "image object": ({"type": "image_url", "image_url": {"url": PICTURE}}, IMAGE),
    "image string": ({"type": "image_url", "image_url": PICTURE}, IMAGE),
    "image detail": (
        {"type": "image_url", "image_url": {"url": PICTURE, "detail": "high"}},
        {**IMAGE, "detail": "high"},
    ),
    "file nested": (
        {"type": "file", "file": {"file_data": PDF, "filename": "a.pdf"}},
        {"type": "input_file", "filename": "a.pdf", "file_data": PDF},
    ),
    "file flat": (
        {"type": "input_file", "file_url": "https://a.example/a.pdf"},
        {"type": "input_file", "filename": "file", "file_url": "https://a.example/a.pdf"},
    ),
    "file by id": (
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "input_file", "filename": "file", "file_id": "file-1"},
    ),
    "audio": ({"type": "input_audio", "input_audio": SOUND}, {"type": "input_audio", "input_audio": SOUND}),
    "audio short": ({"type": "audio", "audio": SOUND}, {"type": "input_audio", "input_audio": SOUND}),
    "video": (
        {"type": "video_url", "video_url": {"url": "https://a.example/v.mp4"}},
        {"type": "input_video", "video_url": "https://a.example/v.mp4"},
    ),
}


@pytest.mark.parametrize(("given", "expected"), PARTS.values(), ids=PARTS)
def test_part_becomes_the_part_of_the_other_endpoint(given, expected):
    assert items({"role": "user", "content": [{"type": "text", "text": "Look"}, given]}) == [
        message("user", text("Look"), expected)
    ]


def test_part_of_an_unknown_type_is_named_in_its_place():
    (asked,) = items({"role": "user", "content": [{"type": "text", "text": "Why?"}, {"type": "hologram"}]})
    assert asked["content"] == [*ASK["content"], text("[hologram left out: it is in a form that cannot be sent]")]


def test_tool_history_becomes_calls_and_outputs():
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    history = (
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
    )

    assert items(*history) == [
        {"type": "function_call", "call_id": "nuBffjv3Y", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "nuBffjv3Y", "output": "x"},
    ]


def test_history_of_the_older_functions_becomes_calls_and_outputs():
    asked = {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": '{"q":1}'}}
    assert items(asked, {"role": "function", "name": "look", "content": "found"}) == [
        {"type": "function_call", "call_id": "7TMs5tfaE", "name": "look", "arguments": '{"q":1}'},
        {"type": "function_call_output", "call_id": "7TMs5tfaE", "output": "found"},
    ]


NAMED = {"type": "function", "name": "look"}
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}
PARAMETERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "max_tokens": ({"max_tokens": 100}, {"max_output_tokens": 100}),
    "max_completion_tokens": ({"max_completion_tokens": 100, "max_tokens": 5}, {"max_output_tokens": 100}),
    "max_output_tokens": ({"max_output_tokens": 100}, {"max_output_tokens": 100}),
    "max_tokens beyond the ceiling": ({"max_tokens": 10**9}, {"max_output_tokens": 8000}),
    "max_tokens too small": ({"max_tokens": 1}, {"max_output_tokens": 16}),
    "max_tokens without limit": ({"max_tokens": -1}, {}),
    "reasoning_effort": (
        {"reasoning_effort": "low"},
        {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    ),
    "reasoning_effort beside reasoning": (
        {"reasoning_effort": "low", "reasoning": {"effort": "high"}},
        {"reasoning": {"effort": "high", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    ),
    "reasoning.exclude": (
        {"reasoning": {"effort": "low", "exclude": True}},
        {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]},
    ),
    "function_call auto": ({"tools": [TOOL], "function_call": "auto"}, {"tools": [FLAT], "tool_choice": "auto"}),
    "function_call none": ({"tools": [TOOL], "function_call": "none"}, {"tools": [FLAT], "tool_choice": "none"}),
    "function_call name": ({"tools": [TOOL], "function_call": "look"}, {"tools": [FLAT], "tool_choice": NAMED}),
    "function_call object": (
        {"tools": [TOOL], "function_call": {"name": "look"}},
        {"tools": [FLAT], "tool_choice": NAMED},
    ),
    "function_call beside tool_choice": (
        {"tools": [TOOL], "function_call": "none", "tool_choice": "required"},
        {"tools": [FLAT], "tool_choice": "required"},
    ),
    "tool_choice nested": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "look"}}},
        {"tools": [FLAT], "tool_choice": NAMED},
    ),
    "tool_choice without tools": ({"tool_choice": "required"}, {}),
    "extra_tools": ({"extra_tools": [TOOL]}, {"tools": [FLAT]}),
    "top_k text": ({"top_k": "40"}, {"top_k": 40}),
    "top_k fraction": ({"top_k": 39.6}, {"top_k": 40}),
    "top_k odd": ({"top_k": "many"}, {}),
    "response_format": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}}},
        {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}}},
    ),
    "text.format beside response_format": (
        {"response_format": {"type": "json_object"}, "text": {"format": {"type": "text"}}},
        {},
    ),
    "verbosity": ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    "models": ({"models": [SLUG, "a/b", "c/d", "a/b", "e/f", "g/h"]}, {"models": ["a/b", "c/d", "e/f"]}),
    "model_fallback": (
        {"models": ["a/b"], "model_fallback": f"c/d, a/b, {SLUG}"},
        {"models": ["a/b", "c/d"]},
    ),
    "n, suffix": ({"n": 1, "suffix": "x"}, {}),
    "functions": ({"functions": [TOOL["function"]]}, {"tools": [FLAT], "parallel_tool_calls": False}),
    "user, session_id, metadata": ({"user": "u", "session_id": "s", "metadata": {"user_id": "u"}}, {}),
    "store and friends": ({"store": True, "previous_response_id": "r", "background": True, "route": "fallback"}, {}),
    "unknown": ({"foo": {"x": 1}, "stream_options": {"include_usage": True}}, {}),
    "temperature": ({"temperature": 3}, {"temperature": 2.0}),
    "temperature odd": ({"temperature": "hot"}, {}),
    "stop": ({"stop": "END"}, {"stop": ["END"]}),
    "stop many": ({"stop": ["a", "", "b", "c", "d", "e"]}, {"stop": ["a", "b", "c", "d"]}),
    "top_logprobs": ({"logprobs": True, "top_logprobs": 99}, {"top_logprobs": 20}),
    "logprobs": ({"logprobs": True}, {"top_logprobs": 0}),
    "no logprobs": ({"logprobs": False, "top_logprobs": 3}, {}),
    "provider": (
        {"provider": {"order": ["openai"], "max_price": {"prompt": 0.5}, "odd": 1, "zdr": None}},
        {"provider": {"order": ["openai"], "max_price": {"prompt": "0.5"}}},
    ),
    "plugins": (
        {"plugins": [{"id": "web", "max_results": 3, "odd": 1}, {"id": "nobody"}, "web"]},
        {"plugins": [{"id": "web", "max_results": 3}]},
    ),
    "transforms": (
        {"transforms": ["middle-out"]},
        {"plugins": [{"id": "context-compression", "engine": "middle-out"}]},
    ),
    "nulls": (
        dict.fromkeys(("temperature", "stop", "tools", "provider", "reasoning", "models", "text", "user")),
        {},
    ),
}
BASE = {"model": SLUG, "stream": True, "input": [ASK]}


@pytest.mark.parametrize(("given", "expected"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameter_becomes_what_this_endpoint_takes_and_nothing_more(given, expected):
    assert sent(given) == BASE | expected


CHAT_ONLY = {
    "seed": ({"seed": 7}, {"seed": 7}),
    "min_p": ({"min_p": 7}, {"min_p": 1.0}),
    "top_a": ({"top_a": 0.5}, {"top_a": 0.5}),
    "repetition_penalty": ({"repetition_penalty": 1.1}, {"repetition_penalty": 1.1}),
    "logit_bias": ({"logit_bias": {"50256": -200, "x": "y"}}, {"logit_bias": {"50256": -100.0}}),
}


@pytest.mark.parametrize(("given", "expected"), CHAT_ONLY.values(), ids=CHAT_ONLY)
def test_what_only_chat_completions_takes_goes_there_and_nowhere_else(given, expected):
    fields = chat_fields(prepared(given).request.body)

    assert sent(given) == BASE
    assert {name: fields.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"logprobs": True}, {"logprobs": True, "top_logprobs": 0}),
        ({"top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
        ({"logprobs": False, "top_logprobs": 3}, {"logprobs": False, "top_logprobs": None}),
    ],
)
def test_chat_completions_are_asked_for_probabilities_as_the_client_asks(given, expected):
    fields = chat_fields(prepared(given).request.body)

    assert {name: fields.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"max_tokens": 100}, "max_tokens", 100),
        ({"top_k": 39.6}, "top_k", 40),
        ({"response_format": {"type": "json_object"}}, "response_format", {"type": "json_object"}),
        ({"stop": "END"}, "stop", ["END"]),
    ],
    ids=["max_tokens", "top_k", "response_format", "stop"],
)
def test_parameter_keeps_its_name_on_chat_completions(given, name, value):
    found = chat_fields(prepared(given).request.body)[name]
    assert (list(found) if isinstance(found, tuple) else found) == value


def test_tools_of_the_request_give_way_to_those_a_turn_runs():
    assert sent({"tools": [TOOL]}, REQUEST, OWN)["tools"] == [OWN]


def test_tools_of_filters_are_added():
    assert sent({"extra_tools": [TOOL]}, REQUEST)["tools"] == [FLAT]


def test_long_prompts_are_compressed_unless_the_request_names_its_transforms():
    trimming = replace(REQUEST, prompting=Prompting(trim=True))

    assert sent({}, trimming)["plugins"] == [{"id": "context-compression", "engine": "middle-out"}]
    assert "plugins" not in sent({"transforms": []}, trimming)


IDS = {
    "end user": (Identifiers(end_user=True), {"user": "u", "metadata": {"user_id": "u"}}),
    "session": (Identifiers(session=True), {"metadata": {"session_id": "s"}}),
    "chat": (Identifiers(chat=True), {"metadata": {"chat_id": "c"}}),
    "message": (Identifiers(message=True), {"metadata": {"message_id": "m"}}),
    "none": (Identifiers(), {}),
}


@pytest.mark.parametrize(("send", "expected"), IDS.values(), ids=IDS)
def test_ids_come_from_the_host_whatever_the_client_claims(send, expected):
    request = replace(REQUEST, person=Person("u", "c", "m", "s"), identifiers=send)
    claims = {"user": "somebody", "session_id": "other", "metadata": {"user_id": "somebody", "x": "y"}}

    session = session_of(request.person, request.route.api_key)
    assert sent(claims, request) == BASE | expected | {"session_id": session}


def test_dropped_parameters_are_named():
    named = prepared({"n": 1, "plugins": [{"id": "odd"}], "tools": [{"type": "function"}], "user": "u"}).left_out
    assert set(named) == {"n", "user", "plugin 'odd'", "tool 'function'"}
