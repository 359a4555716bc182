"""Serialise a request body so that upstream can always read it: no nulls, no half characters, no NUL."""

from asyncio import to_thread
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from adapters.openrouter.codec import FASTEST, STDLIB, Codec
from ports.responses import ResponsesBody

INLINE_LIMIT = 64 * 1024
NODE_WEIGHT = 16


async def encode_body(body: ResponsesBody, codec: Codec = FASTEST) -> bytes:
    """Serialise `body`; in a thread when it holds more than 64 KiB."""
    fields = _fields(body)
    if _exceeds(fields, INLINE_LIMIT):
        return await to_thread(_serialise, fields, codec)
    return _serialise(fields, codec)


def serialise_body(body: ResponsesBody, codec: Codec = FASTEST) -> bytes:
    """Return the JSON text of `body`: absent, null and empty fields left out, keys in the order of the port.

    Nulls are left out of objects at any depth, and of lists except `enum`, where null is a value. Containers that
    are empty below the top level stay: an empty `summary` or `properties` is required there.
    """
    return _serialise(_fields(body), codec)


def _fields(body: ResponsesBody) -> dict[str, object]:
    return {
        "model": body.model,
        "input": body.input,
        "stream": body.stream,
        "instructions": body.instructions,
        "max_output_tokens": body.max_output_tokens,
        "temperature": body.temperature,
        "top_p": body.top_p,
        "top_k": body.top_k,
        "frequency_penalty": body.frequency_penalty,
        "presence_penalty": body.presence_penalty,
        "reasoning": body.reasoning,
        "text": body.text,
        "tools": body.tools,
        "tool_choice": body.tool_choice,
        "parallel_tool_calls": body.parallel_tool_calls,
        "include": body.include,
        "metadata": body.metadata,
        "user": body.user,
        "session_id": body.session_id,
    }


def _exceeds(fields: Mapping[str, object], limit: int) -> bool:
    """Tell whether the text will be longer than `limit` bytes or so, looking no further than needed."""
    left = limit
    stack: list[object] = [fields]
    while stack and left >= 0:
        value = stack.pop()
        left -= NODE_WEIGHT
        if isinstance(value, str):
            left -= len(value)
        elif isinstance(value, Mapping):
            left -= NODE_WEIGHT * len(value)
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return left < 0


def _serialise(fields: Mapping[str, object], codec: Codec) -> bytes:
    kept = {}
    for key, value in fields.items():
        plain = _plain(value)
        if key in ("model", "input") or (plain is not None and plain not in ("", [], {})):
            kept[key] = plain
    return _dumped(kept, codec)


def _dumped(value: object, codec: Codec) -> bytes:
    try:
        return codec.dumps(value)
    except (TypeError, ValueError):  # half characters, whole numbers beyond 64 bits
        return STDLIB.dumps(_mended(value))


def _plain(value: Any, *, keep_null: bool = False) -> Any:
    """Return `value` in the types of JSON, without nulls, NULs and numbers that are none."""
    if isinstance(value, str):
        return value.replace("\0", "") if "\0" in value else value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, Mapping):
        plain = ((str(key), _plain(entry, keep_null=key == "enum")) for key, entry in value.items())
        return {_plain(key): entry for key, entry in plain if entry is not None}
    if isinstance(value, list | tuple | set | frozenset):
        entries = [_plain(entry) for entry in value]
        return entries if keep_null else [entry for entry in entries if entry is not None]
    return value


def _mended(value: Any) -> Any:
    """Join surrogate pairs kept apart and replace lone halves by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, dict):
        return {_mended(key): _mended(entry) for key, entry in value.items()}
    return [_mended(entry) for entry in value] if isinstance(value, list) else value
