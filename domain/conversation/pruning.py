"""Shorten tool outputs of old turns, which are seldom needed in full."""

from collections.abc import Sequence

from domain.conversation.call_kinds import TEXT_OUTPUTS
from domain.conversation.calls_as_text import is_persons
from domain.conversation.persons_words import PersonsWords
from domain.conversation.placeholders import removed
from domain.conversation.server_items import is_native, is_server_item, with_texts
from ports.json_values import JsonObject

LONG, HEAD, TAIL = 800, 256, 128


def pruned(items: Sequence[JsonObject], full_turns: int) -> tuple[JsonObject, ...]:
    """Shorten long outputs of old turns; the last `full_turns` are never shortened (0 = none); other items stay.

    A person's words stay, also where a tool asked for them. Long texts in items of
    OpenRouter's own server tools are shortened too; those of makers' own tools may be checked by them.
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
        if is_persons(item) and (position == 0 or not is_persons(items[position - 1]))
    ]
    old = (len(starts) - turns) // turns * turns
    return starts[old] if old > 0 else 0


def _shortened(item: JsonObject) -> JsonObject:
    if is_server_item(item) and not is_native(item):
        return with_texts(item, _short)
    output = item.get("output") if item.get("type") in TEXT_OUTPUTS else None
    if isinstance(item, PersonsWords) or not isinstance(output, str) or len(output) < LONG:
        return item
    return {**item, "output": _short(output)}


def _short(text: str) -> str:
    if len(text) < LONG:
        return text
    return f"{text[:HEAD]}\n{removed(len(text) - HEAD - TAIL)}\n{text[-TAIL:]}"
