"""The chat body requests the same as the Responses body, in the field names of its endpoint."""

import json
import threading
from typing import Any

import pytest

from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.wire.request_body import encode_body
from entrypoints.simulator.refusals.chat import check_chat
from entrypoints.simulator.refusals.request import check_responses
from ports.responses import ResponsesBody
from tests.adapters.openrouter.serialised import serialise_body

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
BARE = {
    "model": "a/b",
    "messages": [{"role": "user", "content": "Hi"}],
    "stream": True,
    "stream_options": {"include_usage": True},
}
SCHEMA = {"type": "object", "properties": {}}
FUNCTION = {"type": "function", "name": "f", "description": "d", "strict": False, "parameters": SCHEMA}
SAME = {
    "models": ["a/c"],
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 4,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.1,
    "stop": ["x"],
    "plugins": [{"id": "web"}],
    "provider": {"order": ["p"]},
    "modalities": ["text", "image"],
    "image_config": {"aspect_ratio": "1:1"},
    "prompt_cache_key": "k",
    "cache_control": {"type": "ephemeral"},
    "service_tier": "flex",
    "metadata": {"a": "b"},
    "user": "u",
    "session_id": "s",
    "trace": {"trace_id": "t"},
    "stop_server_tools_when": [{"type": "step_count_is", "step_count": 3}],
}


async def sent(**fields):
    encoded = await encode_body(ResponsesBody(**{"model": "a/b", "input": (MESSAGE,), **fields}), chat_fields)
    assert isinstance(encoded, bytes)
    body = json.loads(encoded)
    check_chat(body)
    return body


async def added(**fields):
    """Return the fields that `fields` add to the smallest body."""
    body = await sent(**fields)
    return {key: value for key, value in body.items() if BARE.get(key) != value}


async def test_only_what_was_set_is_sent():
    assert await sent() == BARE


async def test_without_streaming_no_stream_options_are_sent():
    assert await sent(stream=False) == {"model": "a/b", "messages": BARE["messages"], "stream": False}


async def test_fields_of_the_same_meaning_keep_their_names():
    assert await added(**SAME) == SAME


@pytest.mark.parametrize(
    ("fields", "translated"),
    [
        ({"max_output_tokens": 64}, {"max_tokens": 64}),
        ({"top_logprobs": 3}, {"top_logprobs": 3, "logprobs": True}),
        ({"max_tool_calls": 4}, {"stop_server_tools_when": [{"type": "step_count_is", "step_count": 4}]}),
        (
            {"reasoning": {"effort": "low", "summary": "auto", "enabled": True, "mode": "pro", "exclude": False}},
            {"reasoning": {"effort": "low", "summary": "auto", "enabled": True, "exclude": False}},
        ),
        ({"reasoning": {"max_tokens": 2048}}, {"reasoning": {"max_tokens": 2048}}),
        ({"text": {"verbosity": "low"}}, {"verbosity": "low"}),
        ({"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
        (
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True}}},
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": SCHEMA, "strict": True},
                }
            },
        ),
        (
            {
                "chat_only": {
                    "seed": 1,
                    "min_p": 0.1,
                    "logit_bias": {"5": -1},
                    "logprobs": False,
                    "messages": [],
                    "x": 1,
                }
            },
            {"seed": 1, "min_p": 0.1, "logit_bias": {"5": -1}, "logprobs": False},
        ),
        ({"chat_only": {"logprobs": False}, "top_logprobs": 2}, {"top_logprobs": 2, "logprobs": True}),
        ({"include": ("reasoning.encrypted_content",), "truncation": "auto", "safety_identifier": "h"}, {}),
        ({"tool_choice": "auto", "parallel_tool_calls": True}, {}),
    ],
)
async def test_other_fields_are_translated(fields, translated):
    assert await added(**fields) == translated


async def test_functions_are_nested_and_server_tools_pass():
    search = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}
    custom = {"type": "custom", "name": "c"}
    assert await added(tools=(FUNCTION, search, custom), parallel_tool_calls=False) == {
        "tools": [
            {
                "type": "function",
                "function": {"name": "f", "description": "d", "parameters": SCHEMA, "strict": False},
            },
            search,
        ],
        "parallel_tool_calls": False,
    }


@pytest.mark.parametrize(
    ("choice", "translated"),
    [
        ("required", "required"),
        ({"type": "function", "name": "f"}, {"type": "function", "function": {"name": "f"}}),
        ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}, "required"),
        ({"type": "web_search_preview"}, None),
    ],
)
async def test_each_tool_choice_has_its_chat_form(choice, translated):
    assert (await sent(tools=(FUNCTION,), tool_choice=choice)).get("tool_choice") == translated


async def test_a_choice_of_some_tools_leaves_only_those():
    choice = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]}
    body = await sent(tools=(FUNCTION, {**FUNCTION, "name": "g"}), tool_choice=choice)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["f"]


async def test_nothing_empty_and_no_null_is_sent():
    empties = {"models": (), "stop": (), "plugins": (), "provider": {}, "reasoning": {"mode": "pro"}, "text": {}}
    assert await sent(**empties, chat_only={"seed": None}, metadata={}) == BARE


async def test_a_large_history_is_translated_in_a_thread():
    threads = []

    def spying(body):
        threads.append(threading.current_thread())
        return chat_fields(body)

    await encode_body(ResponsesBody("a/b", (MESSAGE,) * 2_000), spying)
    await encode_body(ResponsesBody("a/b", (MESSAGE,)), spying)
    assert [thread is threading.current_thread() for thread in threads] == [False, True]


def test_the_other_endpoint_gets_every_field_but_those_of_chat():
    fields: dict[str, Any] = {
        **SAME,
        "top_logprobs": 2,
        "max_tool_calls": 3,
        "safety_identifier": "h",
        "truncation": "auto",
    }
    body = json.loads(serialise_body(ResponsesBody("a/b", (MESSAGE,), chat_only={"seed": 1}, **fields)))
    check_responses(body)
    assert body == {"model": "a/b", "input": [MESSAGE], "stream": True, **fields}
