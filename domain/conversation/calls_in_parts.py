"""Calls and results that stand among the content parts of messages -> the messages of chat completions.

Clients send histories in the form of another API to this one: content blocks of Anthropic (`tool_use`, `tool_result`),
parts of the AI SDK (`tool-call`, `tool-result`), items of the Responses API (`function_call`, `function_call_output`).
Public reports: Cursor and Zed do so with endpoints they know as compatible with OpenAI's.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ports.json_values import JsonObject

_CALLS = frozenset({"tool_use", "tool-call", "tool_call", "function_call"})
_RESULTS = frozenset({"tool_result", "tool-result", "function_call_output"})
_CALL_IDS = ("call_id", "toolCallId", "tool_call_id", "id")
_RESULT_IDS = ("tool_use_id", "toolCallId", "tool_call_id", "call_id")
_NAMES = ("name", "toolName")
_ARGUMENTS = ("input", "args", "arguments")
_OUTPUTS = ("content", "output", "result")
_WORDED = frozenset({"text", "json", "content", "error-text", "error-json"})
"""Types of outputs in the AI SDK, which wraps the value."""


def without_calls_in_parts(messages: Sequence[object]) -> tuple[object, ...]:
    """Return messages in which every call is in `tool_calls` and every result is a message of role `tool`.

    Results precede what else their message says. A call that `tool_calls` names too counts once.
    """
    if not any(_has_some(message) for message in messages):
        return tuple(messages)
    return tuple(plain for message in messages for plain in _plain(message))


def _has_some(message: object) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, list) and any(_kind(part) in _CALLS | _RESULTS for part in content)


def _plain(message: Any) -> Iterator[object]:
    if not _has_some(message):
        yield message
        return
    content = message["content"]
    rest = [part for part in content if _kind(part) not in _CALLS | _RESULTS]
    for part in content:
        if _kind(part) in _RESULTS:
            call_id = _first(part, _RESULT_IDS) or message.get("tool_call_id")
            yield {"role": "tool", "tool_call_id": call_id, "content": _output(part)}
    if message.get("role") != "assistant":
        if rest:
            yield {**message, "content": rest}
        return
    listed = message.get("tool_calls")
    calls = listed if isinstance(listed, list) else []
    known = {call.get("id") for call in calls if isinstance(call, dict) and isinstance(call.get("id"), str)}
    found = [_call(part) for part in content if _kind(part) in _CALLS]
    more = [call for call in found if call["id"] not in known]
    yield {**message, "content": rest, **({"tool_calls": [*calls, *more]} if calls or more else {})}


def _kind(part: object) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    return kind if isinstance(kind, str) else ""


def _call(part: JsonObject) -> JsonObject:
    function = {"name": _first(part, _NAMES), "arguments": _first(part, _ARGUMENTS)}
    nested = part.get("function")
    return {"id": _text(_first(part, _CALL_IDS)), "type": "function", "function": nested or function}


def _output(part: JsonObject) -> object:
    value = _first(part, _OUTPUTS)
    if isinstance(value, dict) and _kind(value) in _WORDED and "value" in value:
        return value["value"]
    return value


def _first(part: JsonObject, keys: Sequence[str]) -> Any:
    return next((part[key] for key in keys if part.get(key) is not None), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
