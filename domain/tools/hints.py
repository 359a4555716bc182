"""Read from the calls of a round which of them run alone and which run after others."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ports.toolbox import ToolCall

ALONE, AFTER = ("sequential", "no_batch"), ("depends_on", "_depends_on")
READ = 64 * 1024
"""Characters of a call's arguments that are searched for hints."""


@dataclass(frozen=True, slots=True)
class Order:
    """`alone`: ids of calls that never run beside others; `after`: for each call the ids of the calls it waits for."""

    alone: frozenset[str] = frozenset()
    after: Mapping[str, frozenset[str]] = field(default_factory=dict)


def order_of(calls: Sequence[ToolCall], sequential: Collection[str]) -> Order:
    """Return the order that the calls ask for.

    A call whose arguments name the id of another call runs after that call. A call runs alone, after all earlier and
    before all later ones, if its tool is `sequential` or if one of its arguments asks for order without naming an id.
    Arguments that are null, false or empty ask for nothing: strict schemas make models send them.
    """
    texts = {call.call_id: call.arguments[:READ] for call in calls}
    mentions = {call.call_id: _mentioned(call.call_id, texts) for call in calls}
    alone = (
        call.call_id
        for call in calls
        if call.name in sequential or _asks(call.arguments, ALONE if mentions[call.call_id] else (*ALONE, *AFTER))
    )
    return Order(frozenset(alone), {call_id: ids for call_id, ids in mentions.items() if ids})


def _asks(arguments: str, names: Sequence[str]) -> bool:
    if len(arguments) > READ or not any(f'"{name}"' in arguments for name in names):
        return False
    try:
        decoded = json.loads(arguments)
    except (ValueError, RecursionError):
        return True
    return isinstance(decoded, dict) and any(decoded.get(name) for name in names)


def _mentioned(own: str, texts: Mapping[str, str]) -> frozenset[str]:
    arguments = texts[own]
    return frozenset(other for other in texts if other != own and other in arguments and _names(arguments, other))


def _names(arguments: str, call_id: str) -> bool:
    """Return whether a text contains the id as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(call_id)}(?![\w-])", arguments) is not None
