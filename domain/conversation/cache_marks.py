"""Marks of a prompt cache in content parts: everything up to a marked part is kept by providers that want marks.

`POST /responses` knows one form, for parts of text; upstream converts it to the form of the provider. Source: the
SDK's models of an input text and of a prompt cache breakpoint.
"""

from collections.abc import Iterable

from domain.conversation.calls_as_text import ResultInWords
from ports.json_values import JsonObject

MARK = "prompt_cache_breakpoint"
EXPLICIT: JsonObject = {"mode": "explicit"}
LIFETIMES = ("30m", "12h")


def mark_of(part: JsonObject) -> JsonObject:
    """Return the mark that a caller put on a part, in the form of `/responses`, as a key to add; empty if none."""
    mark, control = part.get(MARK), part.get("cache_control")
    if isinstance(mark, dict) and mark.get("mode") == "explicit":
        lifetime = mark.get("ttl")
        return {MARK: {**EXPLICIT, "ttl": lifetime} if lifetime in LIFETIMES else EXPLICIT}
    return {MARK: EXPLICIT} if isinstance(control, dict) and control.get("type") == "ephemeral" else {}


def marked_parts(items: Iterable[JsonObject]) -> list[tuple[int, int]]:
    """Return the places of all marks: position of the item and of its part."""
    return [
        (position, number)
        for position, item in enumerate(items)
        if isinstance(content := item.get("content"), list)
        for number, part in enumerate(content)
        if isinstance(part, dict) and MARK in part
    ]


def with_mark(item: JsonObject, number: int) -> JsonObject:
    """Return a message with a mark on one of its parts."""
    parts = list(item["content"])
    parts[number] = {**parts[number], MARK: EXPLICIT}
    return _with_content(item, parts)


def without_marks(items: tuple[JsonObject, ...], places: Iterable[tuple[int, int]]) -> tuple[JsonObject, ...]:
    """Return items without the marks at these places; the same ones if there are none."""
    changed = list(items)
    marked: dict[int, set[int]] = {}
    for position, number in places:
        marked.setdefault(position, set()).add(number)
    for position, numbers in marked.items():
        parts = [
            {key: value for key, value in part.items() if key != MARK} if number in numbers else part
            for number, part in enumerate(changed[position]["content"])
        ]
        changed[position] = _with_content(changed[position], parts)
    return tuple(changed)


def _with_content(item: JsonObject, parts: list[JsonObject]) -> JsonObject:
    """Return a message with other parts; a result in words stays one."""
    changed = {**item, "content": parts}
    return ResultInWords(changed) if isinstance(item, ResultInWords) else changed
