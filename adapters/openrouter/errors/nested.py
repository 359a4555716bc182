"""Finds the errors of providers inside upstream's error: JSON in `metadata.raw`, in messages, in quotations of both."""

from collections.abc import Iterator

from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject
from ports.response_events import Quoted

DEEPEST, LONGEST, MOST = 4, 16_000, 20
TEXT_LIMIT, LONGEST_NAME = 4_000, 200
_INSIDE = ("error", "errors", "message", "detail", "raw", "metadata", "upstream_error", "innererror", "cause")


def quoted_in(*values: object, besides: str = "") -> Quoted:
    """Collect what errors say that are nested in `values`; the innermost code and parameter count.

    `besides`: the text that is known already.
    """
    code = param = ""
    texts: dict[str, None] = {}
    for entry in _entries(values):
        if isinstance(entry, str):
            texts[entry] = None
            continue
        code = _code(entry) or code
        param = text(entry.get("param")) or param
        if len(texts) >= MOST:
            break
    others = " ".join(said for said in texts if said.strip() != besides.strip())
    return Quoted(code[:LONGEST_NAME], param[:LONGEST_NAME], " ".join(others[: 4 * TEXT_LIMIT].split())[:TEXT_LIMIT])


def _entries(values: object, depth: int = 0) -> Iterator[str | JsonObject]:
    """Yield the objects and plain messages inside `values`, outer ones first."""
    if isinstance(values, str):
        inner = _json_in(values[:LONGEST]) if depth < DEEPEST else None
        if inner is None or not values.lstrip().startswith(("{", "[")):
            yield values[:LONGEST]
        if inner is not None:
            yield from _entries(inner, depth + 1)
    elif isinstance(values, list | tuple) and depth < DEEPEST:
        for value in values[:MOST]:
            yield from _entries(value, depth + 1)
    elif isinstance(values, dict) and depth < DEEPEST * 2:
        yield values
        for name in _INSIDE:
            if values.get(name):
                yield from _entries(values[name], depth + 1)


def _json_in(said: str) -> object:
    """Return the JSON value that a text contains; None if there is none."""
    begin = min((at for at in (said.find("{"), said.find("[{")) if at >= 0), default=-1)
    end = max(said.rfind("}"), said.rfind("]"))
    if begin < 0 or end <= begin:
        return None
    try:
        found = load_tolerantly(said[begin : end + 1].encode("utf-8", "replace"))
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def _code(entry: JsonObject) -> str:
    code = text(entry.get("code")).strip()
    return "" if code.lstrip("-").isdigit() else code
