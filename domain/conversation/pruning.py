"""Shorten tool outputs of old turns, which are seldom needed in full."""

from collections.abc import Mapping, Sequence

from domain.conversation.placeholders import removed
from domain.conversation.server_items import is_native, is_server_item
from ports.json_values import JsonObject

LONG, HEAD, TAIL = 800, 256, 128


def pruned(items: Sequence[JsonObject], full_turns: int) -> tuple[JsonObject, ...]:
    """Shorten long outputs of old turns; the last `full_turns` are never shortened (0 = none); other items stay.

    So are long texts in items of OpenRouter's own server tools; those of makers' own tools may be checked by them.
    Turns are shortened `full_turns` at a time, so at most one turn in so many changes what was sent before: a prompt
    cache ends where the history changes. Call this before calls are rendered as text: a turn begins with a message of
    role user. Source: behaviour of persistence, pruning.
    """
    begin = _start_of_last(items, full_turns) if full_turns > 0 else 0
    return (*(_shortened(item) for item in items[:begin]), *items[begin:])


def _start_of_last(items: Sequence[JsonObject], turns: int) -> int:
    """Return the position before which turns are old: a multiple of `turns`, with that many or more turns after it."""
    starts = [
        position
        for position, item in enumerate(items)
        if item.get("role") == "user" and (position == 0 or items[position - 1].get("role") != "user")
    ]
    old = (len(starts) - turns) // turns * turns
    return starts[old] if old > 0 else 0


def _shortened(item: JsonObject) -> JsonObject:
    if is_server_item(item) and not is_native(item):
        return {key: _with_short_texts(value) for key, value in item.items()}
    output = item.get("output") if item.get("type") == "function_call_output" else None
    return {**item, "output": _short(output)} if isinstance(output, str) and len(output) >= LONG else item


def _with_short_texts(value: object) -> object:
    """Shorten all long texts of a value; one that is stored nests no deeper than `DEEPEST`."""
    if isinstance(value, str):
        return _short(value)
    if isinstance(value, Mapping):
        return {key: _with_short_texts(entry) for key, entry in value.items()}
    return [_with_short_texts(entry) for entry in value] if isinstance(value, list) else value


def _short(text: str) -> str:
    if len(text) < LONG:
        return text
    return f"{text[:HEAD]}\n{removed(len(text) - HEAD - TAIL)}\n{text[-TAIL:]}"
