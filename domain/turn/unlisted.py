"""The output items that no item of the terminal event has been found for yet, in order, by what finds them.

Nothing is searched for: upstream may list ten thousands of items, and the loop reads them.
"""

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence

from domain.turn.output_items import OutputItem, family_of, id_of, kind_of, text_of
from ports.json_values import JsonObject

Key = tuple[Hashable, ...]
_ANY = None
"""Stands for every call id."""


class Unlisted:
    """Hands out each item once. Two items are alike if they are of one family and, for calls, of one call id."""

    def __init__(self, slots: Sequence[OutputItem]) -> None:
        self._taken: set[int] = set()
        self._waiting: defaultdict[Key, deque[int]] = defaultdict(deque)
        self._slots = slots
        for number, slot in enumerate(slots):
            family, call_id = family_of(slot.kind), text_of(slot.item or slot.opening or {}, "call_id")
            if slot.item_id:
                self._waiting["id", slot.item_id, family].append(number)
            for key in ((family,), (slot.index, family)):
                self._waiting[*key, _ANY].append(number)
                self._waiting[*key, call_id].append(number)

    def of_id(self, item: JsonObject, _position: int) -> OutputItem | None:
        """Return the first item with the id of this one."""
        item_id = id_of(item)
        return self._first(("id", item_id, family_of(kind_of(item)))) if item_id else None

    def at_position(self, item: JsonObject, position: int) -> OutputItem | None:
        """Return the first item at this position that is like this one."""
        return self._alike(item, (position, family_of(kind_of(item))))

    def like(self, item: JsonObject, _position: int) -> OutputItem | None:
        """Return the first item that is like this one."""
        return self._alike(item, (family_of(kind_of(item)),))

    def _alike(self, item: JsonObject, key: Key) -> OutputItem | None:
        call_id = text_of(item, "call_id")
        return self._first((*key, ""), (*key, call_id)) if call_id else self._first((*key, _ANY))

    def _first(self, *keys: Key) -> OutputItem | None:
        heads = [number for key in keys if (number := self._head(key)) is not None]
        if not heads:
            return None
        self._taken.add(min(heads))
        return self._slots[min(heads)]

    def _head(self, key: Key) -> int | None:
        waiting = self._waiting.get(key)
        while waiting and waiting[0] in self._taken:
            waiting.popleft()
        return waiting[0] if waiting else None
