"""Shorten tool outputs of old turns, which are seldom needed in full."""

from collections.abc import Sequence

from domain.conversation.placeholders import removed
from ports.json_values import JsonObject

LONG, HEAD, TAIL = 800, 256, 128


def pruned(items: Sequence[JsonObject], full_turns: int) -> tuple[JsonObject, ...]:
    """Shorten long outputs of old turns; the last `full_turns` are never shortened (0 = none); other items stay.

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
    output = item.get("output") if item.get("type") == "function_call_output" else None
    if not isinstance(output, str) or len(output) < LONG:
        return item
    note = removed(len(output) - HEAD - TAIL)
    return {**item, "output": f"{output[:HEAD]}\n{note}\n{output[-TAIL:]}"}
