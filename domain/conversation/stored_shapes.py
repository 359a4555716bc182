"""Whether an item has a shape that upstream would take: a store may hold anything."""

from collections.abc import Mapping
from typing import Any

from domain.conversation.call_kinds import CALLS, FUNCTION, OUTPUT_OF, OUTPUTS
from domain.conversation.item_types import MESSAGE, REASONING
from domain.conversation.native_calls import sound_call
from domain.conversation.server_items import is_small, is_stored
from ports.json_values import JsonObject

_KINDS = frozenset({MESSAGE, REASONING}) | CALLS | OUTPUTS
DEEPEST = 100
_LONGEST_ID, _LONGEST_NAME = 512, 512


def is_flat(item: JsonObject) -> bool:
    """Return whether an item nests at most `DEEPEST` deep: deeper ones cannot be serialised everywhere."""
    waiting: list[tuple[object, int]] = [(item, DEEPEST)]
    while waiting:
        value, left = waiting.pop()
        if isinstance(value, Mapping | list | tuple):
            if not left:
                return False
            entries = value.values() if isinstance(value, Mapping) else value
            waiting += [(entry, left - 1) for entry in entries if not isinstance(entry, str)]
    return True


def is_sound(item: Mapping[str, Any]) -> bool:
    """Return whether upstream would take an item of this shape."""
    kind = item["type"]
    if not is_flat(item):
        return False
    if kind not in _KINDS:
        return is_stored(item) and is_small(item)
    if kind == REASONING:
        return _are_objects(item.get("summary")) and (item.get("content") is None or _are_objects(item["content"]))
    if kind == MESSAGE:
        content = item.get("content")
        return item.get("role") == "assistant" and (_says(content) if isinstance(content, str) else _are_said(content))
    if not _is_id(item.get("call_id")):
        return False
    if kind == OUTPUT_OF[FUNCTION]:
        return isinstance(item.get("output"), str) or _are_objects(item.get("output"))
    if kind != FUNCTION:
        return kind in OUTPUTS or sound_call(item) is not None
    name, arguments = item.get("name"), item.get("arguments")
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and isinstance(arguments, str)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def _are_said(content: object) -> bool:
    if not isinstance(content, list) or not content:
        return False
    keys = {"output_text": "text", "refusal": "refusal"}
    return all(isinstance(part, dict) and _says(part.get(keys.get(str(part.get("type")), ""))) for part in content)


def _says(text: object) -> bool:
    return isinstance(text, str) and bool(text) and not text.isspace()
