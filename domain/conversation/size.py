"""How much text a list of items holds."""

from collections.abc import Iterable

from ports.json_values import JsonObject


def characters_of(items: Iterable[JsonObject]) -> int:
    """Count the characters of message texts, call arguments and outputs; media is not counted."""
    return sum(_characters(item) for item in items)


def _characters(item: JsonObject) -> int:
    total = sum(len(item[key]) for key in ("arguments", "output") if isinstance(item.get(key), str))
    content = item.get("content")
    if isinstance(content, str):
        return total + len(content)
    if isinstance(content, list):
        texts = (part.get("text") for part in content if isinstance(part, dict))
        total += sum(len(text) for text in texts if isinstance(text, str))
    return total
