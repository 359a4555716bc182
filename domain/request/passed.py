"""Fields of a request that go upstream as the caller wrote them, once each part has passed its check.

`PASSED` is the table that lets them through: a field without a row here, and without code of its own in `body`, cannot
reach upstream. Source: the request model of the official SDK; limits of the OpenRouter API reference.
"""

from collections.abc import Mapping
from typing import Any

from domain.catalog.support import takes_newest_options
from domain.request.caching import LONGEST_CACHE_KEY
from domain.request.lost import lost
from domain.request.shapes import (
    LARGEST,
    Each,
    Keyed,
    Shape,
    Tagged,
    either,
    inner,
    named,
    number,
    one_of,
    prose,
    reduced,
    scalar,
    some_of,
    text,
    units,
    whole,
    words,
)
from ports.json_values import JsonObject

LONGEST_ID = 256
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512
"""Bounds of metadata, and of the keys that a trace has beside its own."""
MOST_STEPS = 1000

_LABEL = named(LONGEST_VALUE)
_TRACE: Shape = dict.fromkeys(("trace_id", "trace_name", "span_name", "generation_name", "parent_span_id"), _LABEL)
_STOPS: Mapping[str, Shape] = {
    "step_count_is": {"step_count": whole(1, MOST_STEPS)},
    "has_tool_call": {"tool_name": text},
    "max_tokens_used": {"max_tokens": whole(1, LARGEST)},
    "max_cost": {"max_cost_in_dollars": number(0, 1e6)},
    "finish_reason_is": {"reason": text},
}
_FOUND = whole(1, 1000)
_SEARCHES: Mapping[str, Shape] = {
    "regex": {"max_results": _FOUND},
    "bm25": {"max_results": _FOUND},
    "custom": {"result_key": text, "tool_id": text, "max_results": _FOUND},
}
_LIVES = one_of("30m", "12h")
_BREAK = inner({"mode": one_of("explicit"), "ttl": _LIVES}, "mode")
_LONG = prose
_DATA = words(64 * 1024 * 1024)
_PARTS: Mapping[str, Shape] = {
    "input_text": {"text": _LONG, "prompt_cache_breakpoint": _BREAK},
    "input_image": {
        "detail": one_of("auto", "high", "low", "original"),
        "image_url": _DATA,
        "file_id": text,
    },
    "input_file": {"file_data": _DATA, "file_id": text, "file_url": _DATA, "filename": text},
}
_OPTIONAL = frozenset({"prompt_cache_breakpoint", "image_url", "file_id", "file_data", "file_url", "filename"})


def _value(value: object) -> object:
    """Accept a value of a trace's own key: a text, a number or a flag."""
    return None if isinstance(value, str) and units(value) > LONGEST_VALUE else scalar(value)


def _cache_key(value: object) -> str | None:
    """Accept a cache key, cut to the length that providers take."""
    key = named(10_000)(value)
    return key[:LONGEST_CACHE_KEY] if isinstance(key, str) else None


PASSED: Shape = {
    "instructions": _LONG,
    "metadata": Keyed(_LABEL, most=MOST_PAIRS, longest_key=LONGEST_KEY, forbidden="[]"),
    "safety_identifier": named(LONGEST_ID),
    "prompt_cache_key": _cache_key,
    "prompt_cache_options": inner({"mode": one_of("explicit"), "ttl": _LIVES}, "mode"),
    "service_tier": one_of("auto", "default", "flex", "priority", "fast", "scale", "ultrafast"),
    "truncation": one_of("auto", "disabled"),
    "trace": Keyed(_value, _TRACE, most=MOST_PAIRS, longest_key=LONGEST_KEY),
    "stop_server_tools_when": Each(Tagged(_STOPS), 16),
    "deferred_tools": inner(
        {
            "profile": one_of("portable"),
            "protocol": one_of("v1"),
            "search": Tagged(_SEARCHES, optional=frozenset({"max_results"})),
            "validation": one_of("runtime"),
        },
        *("profile", "protocol", "search", "validation"),
    ),
    "prompt": inner(
        {"id": text, "variables": Keyed(either(Tagged(_PARTS, optional=_OPTIONAL), _LONG), longest_key=256)}, "id"
    ),
    "include": some_of(
        *("file_search_call.results", "message.input_image.image_url", "computer_call_output.output.image_url"),
        *("reasoning.encrypted_content", "code_interpreter_call.outputs"),
    ),
}
"""Field -> what of it goes upstream. Words and keys that are not listed are left out by name.

`metadata` comes from the operator alone: `coverage` refuses a caller's.
"""
Passed = dict[str, Any]
"""Checked values by field, in the types that the body has."""
_WITH_TOOLS = ("deferred_tools",)
_NEWEST = ("prompt_cache_options",)


def passed_of(asked: JsonObject, slug: str, *, tools: bool) -> tuple[Passed, tuple[str, ...]]:
    """Return the fields to send and the names of what is left out. `tools`: the request offers tools.

    Fields that need a newer model, or tools, are left out by name without them.
    """
    if not asked:
        return {}, ()
    kept = reduced(asked, PASSED)
    if not tools:
        kept = {name: value for name, value in kept.items() if name not in _WITH_TOOLS}
    if not takes_newest_options(slug):
        kept = {name: value for name, value in kept.items() if name not in _NEWEST}
    names = [name for field in PASSED for name in lost(asked.get(field), kept.get(field), field)]
    return {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}, tuple(names)
