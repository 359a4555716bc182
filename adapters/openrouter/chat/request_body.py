"""Builds the fields of `POST /chat/completions` from a body meant for `POST /responses`.

Source: OpenRouter API reference, chat completions, and the field list of its request schema.
"""

from collections.abc import Mapping
from typing import Any

from adapters.openrouter.chat.messages import chat_messages
from adapters.openrouter.wire.call_ids import CHAT_KINDS, with_portable_ids
from adapters.openrouter.wire.fields import mapping, text
from ports.json_values import JsonObject
from ports.responses import OWN_TYPES, ResponsesBody

SHARED = (
    *("models", "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "parallel_tool_calls"),
    *("stop", "top_logprobs", "plugins", "provider", "modalities", "image_config", "prompt_cache_key"),
    *(
        "prompt_cache_options",
        "deferred_tools",
        "cache_control",
        "service_tier",
        "metadata",
        "user",
        "session_id",
        "trace",
    ),
)
"""Fields with the same name and meaning on both endpoints."""

CHAT_ONLY = ("seed", "min_p", "top_a", "repetition_penalty", "logit_bias", "logprobs")
REASONING = ("effort", "max_tokens", "exclude", "enabled", "summary")
RUN_UPSTREAM = (OWN_TYPES, "web_search")
HOSTED = {"web_search_preview": f"{OWN_TYPES}web_search", "shell": f"{OWN_TYPES}shell"}
"""Tools that a choice names in another way on `POST /responses`."""


def chat_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields of the equivalent chat completion; absent ones are None or empty.

    The output limit is sent as `max_tokens`, the one name every model lists. `include`, `truncation`, `prompt`
    and `safety_identifier` have no counterpart, nor have `mode` and `context` of `reasoning`.
    """
    tools = _tools(body)
    fields: dict[str, object] = {
        "model": body.model,
        "messages": chat_messages(with_portable_ids(body.input, CHAT_KINDS), body.instructions),
        "stream": body.stream,
        "stream_options": {"include_usage": True} if body.stream else None,
        "max_tokens": body.max_output_tokens,
        "reasoning": {key: value for key, value in (body.reasoning or {}).items() if key in REASONING},
        "response_format": _response_format(body.text),
        "verbosity": (body.text or {}).get("verbosity"),
        "tools": tools,
        "tool_choice": _tool_choice(body.tool_choice, tools) if tools else None,
        "stop_server_tools_when": _server_limits(body),
    }
    fields |= {name: getattr(body, name) for name in SHARED}
    if not tools:
        fields["parallel_tool_calls"] = None
    chat_only = body.chat_only or {}
    fields |= {name: chat_only[name] for name in CHAT_ONLY if name in chat_only}
    if body.top_logprobs is not None:
        fields["logprobs"] = True
    return fields


def _tools(body: ResponsesBody) -> list[JsonObject]:
    allowed = _allowed(body.tool_choice)
    tools = (_tool(tool) for tool in body.tools if allowed is None or _named(tool) in allowed)
    return [tool for tool in tools if tool is not None]


def _tool(tool: JsonObject) -> JsonObject | None:
    kind = text(tool.get("type"))
    if kind != "function":
        return tool if kind.startswith(RUN_UPSTREAM) else None
    if "function" in tool:
        return tool
    function = {key: tool[key] for key in ("name", "description", "parameters", "strict") if key in tool}
    beside = {key: tool[key] for key in ("cache_control", "defer_loading") if key in tool}
    return {"type": "function", "function": function, **beside}


def _allowed(choice: str | JsonObject | None) -> frozenset[str] | None:
    """Return the tool names allowed by the choice (a form that chat lacks); None if all are allowed."""
    if not isinstance(choice, Mapping) or choice.get("type") != "allowed_tools":
        return None
    return frozenset(_named(tool) for tool in choice.get("tools") or () if isinstance(tool, Mapping))


def _named(tool: JsonObject) -> str:
    return text(tool.get("name")) or text(tool.get("type"))


def _tool_choice(choice: str | JsonObject | None, tools: list[JsonObject]) -> object:
    if not isinstance(choice, Mapping):
        return choice
    kind = text(choice.get("type"))
    if kind == "allowed_tools":
        return choice.get("mode")
    if kind == "function" and "function" not in choice:
        return {"type": "function", "function": {"name": choice.get("name")}}
    kind = HOSTED.get(kind, kind)
    offered = any(tool.get("type") == kind for tool in tools)
    return {**choice, "type": kind} if kind == "function" or (offered and kind.startswith(OWN_TYPES)) else None


def _response_format(text_options: JsonObject | None) -> JsonObject | None:
    response_format = mapping((text_options or {}).get("format"))
    if response_format.get("type") != "json_schema":
        return response_format or None
    schema: dict[str, Any] = {
        key: response_format[key] for key in ("name", "description", "schema", "strict") if key in response_format
    }
    return {"type": "json_schema", "json_schema": schema}


def _server_limits(body: ResponsesBody) -> tuple[JsonObject, ...]:
    """Return the stop conditions of server tools; chat accepts the plain number of steps only in this form."""
    if body.stop_server_tools_when or body.max_tool_calls is None:
        return body.stop_server_tools_when
    return ({"type": "step_count_is", "step_count": body.max_tool_calls},)
