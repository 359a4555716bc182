"""How large a schema from outside may be. Judged without recursion, before anything else reads it."""

from collections.abc import Iterable
from itertools import islice

from domain.request.turn_request import TurnRequest
from ports.offload import LARGE

LARGEST = 256 * 1024
"""Characters of all keys and texts in it."""
DEEPEST = 64
MOST_PARTS = 20_000
"""Keys and entries."""
SIZE_OF_PART, SIZE_OF_CHARACTER = 128, 4
"""What they count for when the work on a schema is estimated: each is looked at several times."""


def is_bounded(schema: object) -> bool:
    """Return whether a value from outside is small and flat enough to be read as a schema; a cycle never is."""
    characters, parts, waiting = 0, 1, [(schema, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, str):
            characters += len(node)
        elif isinstance(node, dict):
            characters += sum(len(key) for key in islice(node, MOST_PARTS) if isinstance(key, str))
            parts += len(node)
            waiting += ((part, depth + 1) for part in islice(node.values(), MOST_PARTS))
        elif isinstance(node, list | tuple):
            parts += len(node)
            waiting += ((part, depth + 1) for part in islice(node, MOST_PARTS))
        if depth > DEEPEST or parts > MOST_PARTS or characters > LARGEST:
            return False
    return True


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


def foreign_schemas(request: TurnRequest) -> tuple[object, ...]:
    """Return everything in a request that holds schemas of whoever asks."""
    asked = request.parameters
    return (*asked.tools, *asked.extra_tools, asked.response_format, asked.text)
