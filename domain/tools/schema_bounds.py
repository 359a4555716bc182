"""How large a schema from outside may be. Judged before anything else reads it; what is too large is cut off."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from ports.offload import LARGE

LARGEST = 256 * 1024
"""Characters of all keys and texts in it."""
DEEPEST = 64
MOST_PARTS = 20_000
"""Keys and entries."""
LONGEST_TEXT, MOST_LISTED = 16_384, 5_000
"""Characters of one text, and listed values, that are kept of a schema that is too large."""
LONGEST_NUMBER = 1024
"""Bits of an integer: a longer one is larger than any float."""
LISTED = ("enum", "examples")
SIZE_OF_PART, SIZE_OF_CHARACTER = 128, 4
"""What they count for when the work on a schema is estimated: each is looked at several times."""


def is_bounded(schema: object) -> bool:
    """Return whether a value from outside is small and flat enough to be read as a schema; a cycle never is."""
    characters, parts, level = 0, 1, [schema]
    for _ in range(DEEPEST):
        deeper: list[object] = []
        for node in level:
            if isinstance(node, str):
                characters += len(node)
            elif isinstance(node, dict | list | tuple):
                parts += len(node)
                if parts > MOST_PARTS:
                    return False
                if isinstance(node, dict):
                    characters += sum(len(key) for key in node if isinstance(key, str))
                deeper += node.values() if isinstance(node, dict) else node
        if characters > LARGEST:
            return False
        if not deeper:
            return True
        level = deeper
    return False


def read_schema(schema: Any) -> Any:
    """Return a schema; of one that is the JSON text of an object, that object."""
    if not isinstance(schema, str) or len(schema) > LARGEST or not schema.lstrip().startswith("{"):
        return schema
    try:
        return json.loads(schema)
    except (ValueError, RecursionError):
        return schema


def bounded(schema: object) -> object:
    """Return a schema whose parts that are too deep, too long, too many or no JSON are left out.

    What remains may be too large. A part that is cut off allows anything. A cycle is cut where it is too deep.
    """
    return _Cutting().cut(schema, DEEPEST - 1)


class _Cutting:
    """Cuts one schema; after MOST_PARTS parts nothing more is read."""

    def __init__(self) -> None:
        self._parts = 0

    def cut(self, node: object, depth: int) -> Any:
        self._parts += 1
        if isinstance(node, str):
            return node[:LONGEST_TEXT]
        if isinstance(node, int) and node.bit_length() >= LONGEST_NUMBER:
            return None
        if not isinstance(node, dict | list | tuple):
            return node
        if depth <= 0 or self._parts > MOST_PARTS:
            return {}
        if isinstance(node, dict):
            return {
                key: self.cut(part, depth - 1)
                for key, part in islice(node.items(), MOST_PARTS)
                if self._fits(key, part)
            }
        return [self.cut(part, depth - 1) for part in islice(node, MOST_PARTS)]

    def _fits(self, key: object, part: object) -> bool:
        return isinstance(key, str) and not (key in LISTED and isinstance(part, list) and len(part) > MOST_LISTED)


def size_of_schemas(schemas: Iterable[object]) -> int:
    """Return how much work schemas are, in bytes as for `Offload`; no more than a moment is spent on counting."""
    size, waiting = 0, list(islice(schemas, LARGE // SIZE_OF_PART + 1))
    while waiting and size < LARGE:
        node = waiting.pop()
        size += SIZE_OF_PART
        if isinstance(node, str):
            size += SIZE_OF_CHARACTER * len(node)
        elif isinstance(node, dict):
            waiting += islice(node.values(), LARGE // SIZE_OF_PART)
        elif isinstance(node, list | tuple):
            waiting += islice(node, LARGE // SIZE_OF_PART)
    return min(size, LARGE)
