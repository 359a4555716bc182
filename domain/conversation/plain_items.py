"""Send a history in a plainer form, after upstream refused what was stored: without thinking, or as text only.

The texts and the results of calls stay. What follows a message of a person, up to the next one, is one answer: it
loses all of its thinking or none, because providers refuse a part of it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from domain.conversation.call_kinds import CALLS, OUTPUTS
from domain.conversation.calls_as_text import as_text
from domain.conversation.item_types import MESSAGE, REASONING
from domain.conversation.references import texts_of
from domain.conversation.server_items import is_native, is_server_item
from ports.json_values import JsonObject

Items = Sequence[JsonObject]


def without_thinking(items: Items, *, with_calls: bool, only: str = "") -> tuple[JsonObject, ...]:
    """Remove thinking from all answers, or from those that contain an item with the id `only`.

    Not `with_calls`: the model takes no calls without their thinking; the calls of these answers become text.
    """

    def lightened(answer: Items) -> Iterable[JsonObject]:
        if not any(item.get("type") == REASONING for item in answer):
            return answer
        if only and not any(only in (item.get("id"), item.get("call_id")) for item in answer):
            return answer
        kept = [_without_id(item) for item in answer if item.get("type") != REASONING and not is_native(item)]
        return kept if with_calls else as_text(kept)

    return _changed(items, lightened)


def without_server_items(items: Items) -> tuple[JsonObject, ...]:
    """Leave out items of server tools, and the thinking of answers in which one of them followed thinking directly."""

    def lightened(answer: Items) -> Iterable[JsonObject]:
        kept = [item for item in answer if not is_server_item(item)]
        after_thinking = any(one.get("type") == REASONING and is_server_item(other) for one, other in pairwise(answer))
        return [_without_id(item) for item in kept if item.get("type") != REASONING] if after_thinking else kept

    return _changed(items, lightened)


def as_plain(items: Items) -> tuple[JsonObject, ...]:
    """Turn all answers into messages of text: calls and results in words, no thinking, no ids, no other items."""
    return _changed(items, _plain)


def has_thinking(items: Items) -> bool:
    """Return whether thinking is among the items."""
    return any(item.get("type") == REASONING for item in items)


def _plain(answer: Items) -> Iterator[JsonObject]:
    known = [item for item in answer if item.get("type", MESSAGE) in {MESSAGE, *CALLS, *OUTPUTS}]
    for item in as_text(known):
        if item.get("role") != "assistant":
            yield item
        elif said := _text(item):
            yield {"type": MESSAGE, "role": "assistant", "content": said}


def _changed(items: Items, change: Callable[[Items], Iterable[JsonObject]]) -> tuple[JsonObject, ...]:
    changed: list[JsonObject] = []
    answer: list[JsonObject] = []
    for item in items:
        if item.get("role") in ("user", "system", "developer"):
            changed += (*change(answer), item)
            answer = []
        else:
            answer.append(item)
    return (*changed, *change(answer))


def _without_id(item: JsonObject) -> JsonObject:
    """Return a message without its id, which upstream may have tied to the thinking."""
    if item.get("type", MESSAGE) != MESSAGE or not item.get("id"):
        return item
    phase = {"phase": item["phase"]} if item.get("phase") else {}
    return {"type": MESSAGE, "role": "assistant", **phase, "content": _text(item)}


def _text(item: JsonObject) -> str:
    content = item.get("content")
    return content if isinstance(content, str) else "\n\n".join(texts_of(content))
