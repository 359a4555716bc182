"""The size of items and of messages, in characters."""

from collections.abc import Iterable, Iterator

from domain.conversation.server_items import characters_in, is_server_item
from ports.json_values import JsonObject


def characters_of(items: Iterable[JsonObject]) -> int:
    """Count the characters of message texts, call arguments and outputs, and of server tools; media do not count."""
    return sum(characters_in(item) if is_server_item(item) else _characters(item) for item in items)


def _characters(item: JsonObject) -> int:
    total = sum(len(item[key]) for key in ("arguments", "output") if isinstance(item.get(key), str))
    content = item.get("content")
    if isinstance(content, str):
        return total + len(content)
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        total += sum(len(text) for text in texts if isinstance(text, str))
    return total


def size_of(messages: Iterable[object]) -> int:
    """Estimate the characters of chat messages, media included; fast rather than exact."""
    return sum(map(_length, messages))


def _length(message: object) -> int:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return len(content)
    parts = content if isinstance(content, list) else ()
    return sum(len(text) for part in parts for text in _texts(part))


def _texts(part: object) -> Iterator[str]:
    for value in part.values() if isinstance(part, dict) else (part,):
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (inner for inner in value.values() if isinstance(inner, str))
