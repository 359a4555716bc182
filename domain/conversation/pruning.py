"""Tool outputs of old turns, shortened: what was useful then is seldom worth sending again in full."""

from collections.abc import Sequence

from domain.conversation.placeholders import removed
from ports.json_values import JsonObject

LONG, HEAD, TAIL = 800, 256, 128


def pruned(items: Sequence[JsonObject], full_turns: int) -> tuple[JsonObject, ...]:
    """Shorten long outputs in turns older than the last `full_turns` (0 = none); all other items stay as they are.

    A turn begins with the person's message, so calls must not be told in words yet. Source: behaviour of persistence,
    pruning.
    """
    begin = _start_of_last(items, full_turns) if full_turns > 0 else 0
    return (*(_shortened(item) for item in items[:begin]), *items[begin:])


def _start_of_last(items: Sequence[JsonObject], turns: int) -> int:
    """Return where the last turns begin; 0 if there are not more."""
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
