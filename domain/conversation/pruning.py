"""Shorten tool outputs of old turns, which are seldom needed in full."""

from collections.abc import Sequence

from domain.conversation.placeholders import removed
from ports.json_values import JsonObject

LONG, HEAD, TAIL = 800, 256, 128


def pruned(items: Sequence[JsonObject], full_turns: int) -> tuple[JsonObject, ...]:
    """Shorten long outputs in turns older than the last `full_turns` (0 = none); all other items stay unchanged.

    Call this before calls are rendered as text: a turn begins with a message of role user. Source: behaviour of
    persistence, pruning.
    """
    begin = _start_of_last(items, full_turns) if full_turns > 0 else 0
    return (*(_shortened(item) for item in items[:begin]), *items[begin:])


def _start_of_last(items: Sequence[JsonObject], turns: int) -> int:
    """Return the position at which the last `turns` turns begin; 0 if there are no earlier ones."""
    starts = [
        position
        for position, item in enumerate(items)
        if item.get("role") == "user" and (position == 0 or items[position - 1].get("role") != "user")
    ]
    return starts[-turns] if len(starts) > turns else 0


def _shortened(item: JsonObject) -> JsonObject:
    output = item.get("output") if item.get("type") == "function_call_output" else None
    if not isinstance(output, str) or len(output) < LONG:
        return item
    note = removed(len(output) - HEAD - TAIL)
    return {**item, "output": f"{output[:HEAD]}\n{note}\n{output[-TAIL:]}"}
