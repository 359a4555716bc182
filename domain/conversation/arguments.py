"""The arguments of a function call: upstream accepts only the text of a JSON object."""

import json
import math
import re
from collections.abc import Iterable, Mapping

from domain.conversation.lenient_json import UnreadableJson, read_json, strict_json
from domain.conversation.placeholders import UNREADABLE_ARGUMENTS
from domain.conversation.surrogates import without_surrogates
from ports.json_values import JsonObject
from ports.offload import LARGE

NONE = "{}"
NOTHING = frozenset({"", NONE, "null", '""', '"null"', '"{}"'})
"""Texts that models write for no arguments."""
LONG = LARGE // 16
"""Characters of arguments from which on they are read in a thread: a round may have many calls."""
_WRAPPER = json.dumps({UNREADABLE_ARGUMENTS: ""})[:-3]
_MAYBE_SURROGATES = re.compile("\\\\u[dD][89a-fA-F]|[\ud800-\udfff]")


def object_text(arguments: object) -> str:
    """Return `arguments` unchanged if they are the text of a JSON object; otherwise what upstream accepts.

    An object is serialised; a text with a certain meaning is rewritten as JSON. Any other text goes into an object as
    it is: sent unchanged, it would make every later request of the chat fail, and left out, the model would read that
    it had written nothing. Source: OpenRouter API reference, input items; Anthropic, fine-grained tool streaming.
    """
    if arguments is None:
        return NONE
    if not isinstance(arguments, str):
        return _of_value(arguments)
    try:
        value = strict_json(arguments)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return arguments if not _MAYBE_SURROGATES.search(arguments) else _mended(arguments, value)
    try:
        value = read_json(arguments)
    except UnreadableJson:
        return _wrapped(arguments)
    if value is None:
        return NONE
    return _of_value(value) if isinstance(value, dict) else _wrapped(arguments)


def handed_text(arguments: str) -> str:
    """Return the arguments that a caller runs itself: as JSON if their meaning is certain, else as they are.

    Runs on the event loop: large ones are not read, as at that length only JSON itself is understood.
    """
    if len(arguments) > LARGE:
        return without_surrogates(arguments)
    text = object_text(arguments)
    return arguments if text.startswith(_WRAPPER) and not arguments.startswith(_WRAPPER) else text


def written(value: object) -> str:
    """Return a value as JSON text in which lone surrogates are replaced. Raises ValueError, TypeError, RecursionError.

    A number that is not finite raises ValueError.
    """
    return without_surrogates(json.dumps(value, ensure_ascii=False, allow_nan=False))


def finite(value: object) -> object:
    """Return a value in which numbers that are not finite are null. Raises RecursionError."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(entry) for key, entry in value.items()}
    return [finite(entry) for entry in value] if isinstance(value, list | tuple) else value


def _of_value(value: object) -> str:
    try:
        return written(value) if isinstance(value, dict) else _wrapped(written(value))
    except (ValueError, TypeError, RecursionError):
        return _wrapped(_as_text(value))


def has_long_arguments(item: JsonObject) -> bool:
    """Return whether an item is a call whose arguments are not to be read on the event loop."""
    arguments = item.get("arguments")
    return isinstance(arguments, str) and len(arguments) >= LONG and item.get("type") == "function_call"


def sound_arguments(items: Iterable[JsonObject]) -> tuple[JsonObject, ...]:
    """Return items whose long arguments are what upstream accepts. About 0.2 s per MiB: call it in a thread."""
    return tuple(
        {**item, "arguments": object_text(item["arguments"])} if has_long_arguments(item) else item for item in items
    )


def _as_text(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, TypeError, RecursionError):
        return type(value).__name__


def _mended(arguments: str, value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    sound = without_surrogates(text)
    return arguments if sound == text else sound


def _wrapped(text: str) -> str:
    return json.dumps({UNREADABLE_ARGUMENTS: without_surrogates(text)}, ensure_ascii=False)
