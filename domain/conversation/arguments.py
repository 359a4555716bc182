"""The arguments of a function call: upstream accepts only the text of a JSON object."""

import json
from collections.abc import Iterable

from ports.json_values import JsonObject
from ports.offload import LARGE

NONE = "{}"
LONG = LARGE // 16
"""Characters of arguments from which on they are read in a thread: a round may have many calls."""


def object_text(arguments: object) -> str:
    """Return `arguments` unchanged if they are the text of a JSON object; otherwise what upstream accepts.

    An object is serialised. Anything else, including truncated text, becomes an empty object: sent unchanged, it would
    make every later request of the chat fail. Source: OpenRouter API reference, input items.
    """
    try:
        if isinstance(arguments, dict):
            return json.dumps(arguments, ensure_ascii=False)
        if isinstance(arguments, str) and isinstance(json.loads(arguments), dict):
            return arguments
    except (ValueError, TypeError, RecursionError):
        pass
    return NONE


def has_long_arguments(item: JsonObject) -> bool:
    """Return whether an item is a call whose arguments are not to be read on the event loop."""
    arguments = item.get("arguments")
    return isinstance(arguments, str) and len(arguments) >= LONG and item.get("type") == "function_call"


def sound_arguments(items: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Return items whose long arguments are what upstream accepts. About 0.2 s per MiB: call it in a thread."""
    return tuple(
        {**item, "arguments": object_text(item["arguments"])} if has_long_arguments(item) else item for item in items
    )
