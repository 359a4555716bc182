"""Give each tool call of an answer an id that is unique in the turn."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from domain.conversation.arguments import NONE, handed_text
from domain.conversation.bounded_ids import bounded_id
from domain.conversation.call_ids import CallIds
from domain.conversation.call_kinds import FUNCTION, is_call
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

K = TypeVar("K")


def distinct(calls: Iterable[tuple[K, ToolCall, bool]], taken: frozenset[str]) -> dict[K, ToolCall]:
    """Return calls by key, each under a unique id that is not `taken`; calls without a name are dropped.

    A repeated call counts once; a complete call (third value) that differs is a call of its own. Ids are bounded.
    """
    found: dict[K, ToolCall] = {}
    first: dict[str, ToolCall] = {}
    ids = CallIds(taken)
    for key, call, complete in calls:
        if not call.name:
            continue
        known = first.setdefault(call.call_id, call)
        if known is call or (complete and _differ(known, call)):
            call_id = ids.take(bounded_id(call.call_id))
            found[key] = call if call_id == call.call_id else replace(call, call_id=call_id)
    return found


def handed_over(call: ToolCall) -> ToolCall:
    """Return a call as the caller that runs it receives it."""
    if call.kind != FUNCTION:
        return call
    arguments = handed_text(call.arguments)
    return call if arguments == call.arguments else replace(call, arguments=arguments)


def call_ids_of(items: Iterable[JsonObject]) -> frozenset[str]:
    """Return the call ids among the items of a request."""
    return frozenset(str(item.get("call_id")) for item in items if is_call(item))


def _differ(known: ToolCall, other: ToolCall) -> bool:
    return NONE not in (known.arguments, other.arguments) and known != other
