"""Serialises a request body so that upstream can always parse it: no nulls, lone surrogates or NUL characters."""

from asyncio import to_thread
from collections.abc import Callable, Mapping, Sized
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from math import isfinite
from typing import Any

from adapters.openrouter.wire.codec import FASTEST, STDLIB, Codec
from adapters.openrouter.wire.long_strings import Extraction, LongBody, has_long, mended
from ports.offload import LARGE
from ports.responses import ResponsesBody

Shape = Callable[[ResponsesBody], Mapping[str, object]]
NODE_WEIGHT = 32
TOOL_WEIGHT = 1024  # assumed bytes per tool: measuring some thirty tools in every request would cost more
REQUIRED = ("model", "input", "messages")
NAMES = tuple(field.name for field in dataclass_fields(ResponsesBody) if field.name != "chat_only")
DEEPEST = 200
"""Levels of containers that are sent; what nests deeper is left empty."""
NULLS = (b":null", b",null", b"[null")


async def encode_body(body: ResponsesBody, shape: Shape, codec: Codec = FASTEST) -> bytes | LongBody:
    """Serialise `body` with the fields made by `shape`; in a thread if it exceeds 64 KiB."""
    if _exceeds({**named_fields(body), "tools": ()}, LARGE - TOOL_WEIGHT * len(body.tools)):
        return await to_thread(lambda: in_slices(shape(body), codec))
    return serialise(shape(body), codec)


def named_fields(body: ResponsesBody) -> dict[str, object]:
    """Return the fields that both endpoints share, by name."""
    return {name: getattr(body, name) for name in NAMES}


def in_slices(fields: Mapping[str, object], codec: Codec = FASTEST) -> bytes | LongBody:
    """Return the JSON text of `fields` as `serialise` does; if it has long strings, as a body that writes it."""
    if not has_long(value for name, value in fields.items() if name != "tools"):
        return serialise(fields, codec)
    extraction = Extraction(codec, DEEPEST)
    rest = extraction.without(fields)
    broken = any(string.is_broken for string in extraction.strings)
    unsound = broken or any(string.has_nul for string in extraction.strings)
    return extraction.body(serialise(rest, STDLIB if broken else codec, plainly=unsound))


def serialise(fields: Mapping[str, object], codec: Codec = FASTEST, *, plainly: bool = False) -> bytes:
    """Return the JSON text of `fields`: without absent, null and empty ones, keys in the order of `fields`.

    Nulls are removed from objects at any depth, and from lists except `enum`, where null is a value. Empty containers
    below the top level stay: an empty `summary` or `properties` is required there. `plainly`: the fields are known to
    need that.
    """
    try:  # serialise first and check afterwards: most bodies are clean, and checking is cheap
        text = b"" if plainly else codec.dumps(_filled(fields))
    except (TypeError, ValueError):  # lone surrogates, NaN, types that only `_plain` converts
        text = b""
    if not text or b"\\u0000" in text or (b"null" in text and any(mark in text for mark in NULLS)):
        return _dumped(_filled({key: _plain(value) for key, value in fields.items()}), codec)
    return text


def _exceeds(fields: Mapping[str, object], limit: int) -> bool:
    """Return whether the text will exceed about `limit` bytes; stops as soon as that is certain."""
    left = limit
    stack: list[object] = [fields]
    while stack and left >= 0:
        value = stack.pop()
        left -= NODE_WEIGHT
        if value is None:  # most fields of a body
            continue
        if isinstance(value, str):
            left -= len(value)
        elif isinstance(value, dict | Mapping):
            left -= NODE_WEIGHT * len(value)
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return left < 0


def _filled(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if key in REQUIRED or not _is_empty(value)}


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, Sized) and len(value) == 0)


def _dumped(value: object, codec: Codec) -> bytes:
    try:
        return codec.dumps(value)
    except (TypeError, ValueError):  # lone surrogates, integers beyond 64 bits
        return STDLIB.dumps(_mended(value))


def _plain(value: Any, *, keep_null: bool = False, depth: int = DEEPEST) -> Any:
    """Return `value` in JSON types, without nulls, NULs, NaN, infinite numbers and what nests too deep."""
    kind = value.__class__
    if kind is str:
        return value.replace("\0", "") if "\0" in value else value
    if kind is dict:
        return _plain_object(value, depth)
    if kind is list or kind is tuple:
        entries = [_plain(entry, depth=depth - 1) for entry in value] if depth else []
        return entries if keep_null else [entry for entry in entries if entry is not None]
    return value if kind is int or kind is bool or value is None else _plain_rare(value, depth)


def _plain_object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if not depth:
        return plain
    for key, entry in value.items():
        kept = _plain(entry, keep_null=key == "enum", depth=depth - 1)
        if kept is not None:
            plain[key if key.__class__ is str and "\0" not in key else str(key).replace("\0", "")] = kept
    return plain


def _plain_rare(value: Any, depth: int) -> Any:
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value) if value.is_finite() else None
    if isinstance(value, Mapping):
        return _plain_object(value, depth)
    if isinstance(value, set | frozenset):
        return [_plain(entry, depth=depth - 1) for entry in value] if depth else []
    return str(value) if isinstance(value, str) else value


def _mended(value: Any) -> Any:
    """Join separated surrogate pairs and replace lone surrogates by U+FFFD."""
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {_mended(key): _mended(entry) for key, entry in value.items()}
    return [_mended(entry) for entry in value] if isinstance(value, list) else value
