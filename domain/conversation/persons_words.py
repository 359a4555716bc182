"""What a person answered to a question that a model asked with a tool: an output by its form, but a person's words."""

from collections.abc import Collection, Sequence
from typing import Any

from domain.conversation.call_kinds import FUNCTION, is_output
from ports.json_values import JsonObject


class PersonsWords(dict[str, Any]):
    """The output of a call that is the answer of a person; it is never shortened."""

    __slots__ = ()


def with_persons_words(items: Sequence[JsonObject], asking: Collection[str]) -> Sequence[JsonObject]:
    """Mark the outputs of the tools named in `asking`, which ask the person and return what they say."""
    if not asking:
        return items
    calls = {item["call_id"] for item in items if item.get("type") == FUNCTION and item["name"] in asking}
    if not calls:
        return items
    return [PersonsWords(item) if is_output(item) and item.get("call_id") in calls else item for item in items]
