"""The output items of one response, and which of them an event belongs to.

Upstream omits ids, changes them, and reuses places. Source: ordering rules of the OpenRouter API reference, event
stream. Two types of one server tool, its own and a maker's, are one family: an event may name the one for the other.
"""

from domain.turn.output_items import OutputItem, alike, family_of
from domain.turn.unlisted import Unlisted
from ports.json_values import JsonObject

Place = tuple[int, str]


class ItemPlaces:
    """The items in order. `open_at`: the open item at a place and of a family; None if several share the place.

    `next_segment` numbers the next item of the turn.
    """

    def __init__(self, first_segment: int) -> None:
        self.slots: list[OutputItem] = []
        self.open_at: dict[Place, OutputItem | None] = {}
        self.next_segment = first_segment
        self._by_place: dict[Place, OutputItem] = {}
        self._by_id: dict[str, OutputItem] = {}

    def begun(self, index: int, item_id: str, family: str) -> OutputItem | None:
        """Return the item that begins here, if it is known already; at the place of a finished item a new one may."""
        known = self._known(item_id, family)
        if known is not None:
            return known
        slot = self._by_place.get((index, family))
        if slot is not None and slot.closed and item_id and slot.item_id and slot.item_id != item_id:
            return None
        return slot

    def at(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        """Return the item that a delta belongs to: the open one at its place, else the one of its id, else a new one.

        `kind` must be its own family.
        """
        slot = self.open_at.get((index, kind))
        if slot is None:
            return self.of_id(index, item_id, kind, now)
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def of_id(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        """Return the item of an id, else the one at its place, else a new one."""
        slot = self.begun(index, item_id, family_of(kind))
        if slot is None:
            return self.open(index, item_id, kind, now)
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def finishing(self, index: int, item_id: str, item: JsonObject, kind: str, now: float) -> OutputItem:
        """Return the item that ends; a call that its call id places elsewhere is not the open one at this place."""
        slot = self.open_at.get((index, family_of(kind)))
        if slot is None or not alike(slot, index, item):
            return self.of_id(index, item_id, kind, now)
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def working(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        """Return the item that reports its progress: the open one at its place or of its id, else any, else a new one.

        Ids differ between events and items, so progress opens no second item at a place.
        """
        family = family_of(kind)
        slot = self.open_at.get((index, family)) or self._known(item_id, family) or self._by_place.get((index, family))
        return slot if slot is not None else self.open(index, item_id, kind, now)

    def open(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        """Open another item."""
        slot = OutputItem(index, item_id, kind, self.next_segment, now)
        self.next_segment += 1
        self.slots.append(slot)
        place = (index, family_of(kind))
        before, is_shared = self._by_place.get(place), self.open_at.get(place, slot) is None
        is_shared = is_shared or index < 0 or (before is not None and not before.closed)
        self.open_at[place] = None if is_shared else slot  # only ids tell the items of a shared place apart
        self._by_place[place] = slot
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def close(self, slot: OutputItem) -> None:
        """Note that an item is finished."""
        slot.closed = True
        place = (slot.index, family_of(slot.kind))
        if self.open_at.get(place) is slot:
            del self.open_at[place]

    def seen(self, listed: tuple[JsonObject, ...]) -> list[OutputItem | None]:
        """Match each item of the terminal event to a known item: by id, else by place, else the first of its kind.

        Upstream may change the id of an item there, or omit items it streamed. Items already shown must not be shown
        again.
        """
        found: list[OutputItem | None] = [None] * len(listed)
        left = Unlisted(self.slots)
        for fitting in (left.of_id, left.at_position, left.like):
            for position, item in enumerate(listed):
                if found[position] is None:
                    found[position] = fitting(item, position)
        return found

    def _known(self, item_id: str, family: str) -> OutputItem | None:
        known = self._by_id.get(item_id) if item_id else None
        return known if known is not None and family_of(known.kind) == family else None
