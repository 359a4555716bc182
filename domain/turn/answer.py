"""Collect the output items of one response; compare deltas with complete texts, so that nothing is shown twice.

Upstream leaves out deltas, repeats texts, reuses places and sends the same thinking twice; the rules here follow
the ordering notes of the OpenRouter API reference, event stream.
"""

from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.call_names import meant
from domain.turn.call_ids import distinct
from domain.turn.output_items import (
    CALL,
    MESSAGE,
    REASONING,
    OutputItem,
    alike,
    call_of,
    id_of,
    kind_of,
    objects,
    pictures_of,
    same_id,
    same_position,
    searched,
    text_of,
)
from domain.turn.server_tools import untracked
from domain.turn.statuses import Searching
from domain.turn.steps import CloseReasoning, Output, ShowCitation, ShowImage, ShowReasoning, ShowStatus, ShowText
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

IMAGES = frozenset({"image_generation_call", "openrouter:image_generation"})
SEARCHES = frozenset({"web_search_call", "openrouter:web_search"})
HIDDEN = "[REDACTED]"


class Answer:
    """The items of one response in order. `first_segment` numbers the first; `taken` are call ids of earlier rounds.

    `offered`: names of the tools that the model may mean.
    """

    def __init__(
        self,
        first_segment: int,
        cited: set[str],
        taken: frozenset[str] = frozenset(),
        offered: frozenset[str] = frozenset(),
    ) -> None:
        self.taken, self._offered = taken, offered
        self.slots: list[OutputItem] = []
        self._by_place: dict[tuple[int, str], OutputItem] = {}
        self._open_at: dict[tuple[int, str], OutputItem | None] = {}  # None: several open items share the place
        self._by_id: dict[str, OutputItem] = {}
        self._next_segment = first_segment
        self._cited = cited
        self.received = 0

    def following(self, call_ids: Iterable[str] = ()) -> "Answer":
        """Return the empty answer for the next response; `call_ids` are the calls shown in between."""
        ids = tuple(call_ids)
        return Answer(self._next_segment + len(ids), self._cited, self.taken.union(ids), self._offered)

    @property
    def next_segment(self) -> int:
        """The segment number of the next item of the turn."""
        return self._next_segment

    @property
    def items(self) -> tuple[JsonObject, ...]:
        """The finished items as received, in order."""
        return tuple(slot.item for slot in self.slots if slot.item is not None)

    def is_whole(self) -> bool:
        """Return whether there is an answer and every item that began is finished."""
        return bool(self.slots) and all(slot.closed for slot in self.slots) and self.has_answer()

    def has_answer(self) -> bool:
        """Return whether there is text, a refusal, an image or a tool call."""
        return self.has_text() or bool(self.calls()) or any(slot.kind in IMAGES for slot in self.slots)

    def has_text(self) -> bool:
        """Return whether any text or refusal was shown."""
        return any(slot.kind == MESSAGE and slot.has_text() for slot in self.slots)

    def calls(self) -> tuple[ToolCall, ...]:
        """Return the function calls in order, under ids unique in the turn."""
        return tuple(self.called().values())

    def called(self) -> dict[OutputItem, ToolCall]:
        """Return the function calls by output item, under ids unique in the turn and the names of offered tools."""
        calls = ((slot, self._meant(call_of(slot)), slot.closed) for slot in self.slots if slot.kind == CALL)
        return distinct(calls, self.taken)

    def _meant(self, call: ToolCall) -> ToolCall:
        name = meant(call.name, self._offered)
        return call if name is call.name else replace(call, name=name)

    # --- upstream's events -----------------------------------------------------------------------------------

    def begin(self, index: int, item: JsonObject, now: float) -> list[Output]:
        """Open an item. At the place of a finished item this opens a new one, unless the ids are the same.

        Two open calls of different call ids at one place are two calls.
        """
        item_id, kind = id_of(item), kind_of(item)
        slot = self._find(index, item_id, kind)
        if slot is None or (slot.closed and not item_id) or not alike(slot, index, item):
            slot = self._open(index, item_id, kind, now)
        slot.opening = slot.opening or item
        slot.describe(item)
        return [ShowStatus(Searching())] if slot.kind in SEARCHES and not slot.closed else []

    def say(self, index: int, item_id: str, part: int, text: str, now: float, name: str = "text") -> list[Output]:
        """Append text or refusal to a message."""
        slot = self._open_at.get((index, MESSAGE))
        if slot is None:
            slot = self._slot(index, item_id, MESSAGE, now)
        return self._show(slot, (name, part), text)

    def think(self, index: int, item_id: str, part: int, text: str, raw: bool, now: float) -> list[Output]:
        """Append reasoning. An item has one style, summary or raw: the style that comes second is not shown."""
        slot = self._slot(index, item_id, REASONING, now)
        return self._show(slot, ("raw" if raw else "summary", part), text)

    def complete(self, index: int, item_id: str, key: tuple[str, int], text: str, now: float) -> list[Output]:
        """Show the rest of a part: what its complete text has beyond its deltas."""
        kind = REASONING if key[0] in ("raw", "summary") else MESSAGE
        return self._rest(self._slot(index, item_id, kind, now), key, text)

    def argue(self, index: int, item_id: str, text: str, now: float, *, whole: bool = False) -> None:
        """Collect the arguments of a function call; an empty complete text is ignored."""
        slot = self._slot(index, item_id, CALL, now)
        if not whole:
            slot.arguments.append(text)
        elif text:
            slot.arguments = [text]

    def cite(self, annotation: JsonObject) -> list[Output]:
        """Cite a source, each URL once per turn."""
        nested = annotation.get("url_citation")
        source = nested if isinstance(nested, dict) else annotation
        url = untracked(text_of(source, "url"))
        if not url or url in self._cited:
            return []
        self._cited.add(url)
        return [ShowCitation(url, text_of(source, "title") or url, text_of(source, "content"))]

    def finish_item(self, index: int, item: JsonObject, now: float) -> list[Output]:
        """Store a finished item as received; show what its deltas left out.

        A call that its call id places elsewhere is not the open one at this place.
        """
        item_id, kind = id_of(item), kind_of(item)
        slot = self._open_at.get((index, kind))
        if slot is None or not alike(slot, index, item):
            slot = self._slot_by_id(index, item_id, kind, now)
        elif item_id:
            self._by_id.setdefault(item_id, slot)
        return self._finish(slot, item, now)

    def finish_all(self, items: Iterable[JsonObject], now: float) -> list[Output]:
        """Store the items of the terminal event; an item not seen before begins and finishes here."""
        outputs: list[Output] = []
        listed = tuple(items)
        for index, (item, slot) in enumerate(zip(listed, self._seen(listed), strict=True)):
            if slot is None:
                slot = self._open(index, id_of(item), kind_of(item), now)
            slot.describe(item)
            if not slot.closed:
                outputs += self._finish(slot, item, now)
            elif slot.kind == CALL and not text_of(slot.item or {}, "arguments"):
                self.argue(slot.index, slot.item_id, text_of(item, "arguments"), now, whole=True)
        return outputs

    # --- details ------------------------------------------------------------------------------------------

    def _seen(self, listed: tuple[JsonObject, ...]) -> list[OutputItem | None]:
        """Match each item of the terminal event to a known item: by id, else by place, else the first of its kind.

        Upstream may change the id of an item there, or omit items it streamed. Items already shown must not be shown
        again.
        """
        found: list[OutputItem | None] = [None] * len(listed)
        left = list(self.slots)
        for fits in (same_id, same_position, alike):
            for position, item in enumerate(listed):
                if found[position] is None:
                    slot = next((slot for slot in left if fits(slot, position, item)), None)
                    if slot is not None:
                        left.remove(slot)
                        found[position] = slot
        return found

    def _find(self, index: int, item_id: str, kind: str) -> OutputItem | None:
        if item_id:
            known = self._by_id.get(item_id)
            if known is not None and known.kind == kind:
                return known
        slot = self._by_place.get((index, kind))
        if slot is not None and slot.closed and item_id and slot.item_id and slot.item_id != item_id:
            return None
        return slot

    def _slot(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        """Return the item that a delta belongs to: the open one at its place, else the one of its id, else a new one.

        Source: ordering rule 1 of the API reference, event stream.
        """
        slot = self._open_at.get((index, kind))
        if slot is None:
            return self._slot_by_id(index, item_id, kind, now)
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def _slot_by_id(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        known = self._by_id.get(item_id)
        if known is not None and known.kind == kind:
            return known
        slot = self._find(index, item_id, kind)
        if slot is None:
            return self._open(index, item_id, kind, now)
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def _open(self, index: int, item_id: str, kind: str, now: float) -> OutputItem:
        slot = OutputItem(index, item_id, kind, self._next_segment, now)
        self._next_segment += 1
        self.slots.append(slot)
        before, is_shared = self._by_place.get((index, kind)), self._open_at.get((index, kind), slot) is None
        is_shared = is_shared or index < 0 or (before is not None and not before.closed)
        self._open_at[index, kind] = None if is_shared else slot  # only ids tell the items of a shared place apart
        self._by_place[index, kind] = slot
        if item_id:
            self._by_id.setdefault(item_id, slot)
        return slot

    def _finish(self, slot: OutputItem, item: JsonObject, now: float) -> list[Output]:
        if slot.closed:
            return []
        slot.item, slot.closed = item, True
        slot.describe(item)
        if self._open_at.get((slot.index, slot.kind)) is slot:
            del self._open_at[slot.index, slot.kind]
        if slot.kind == MESSAGE:
            return self._finish_message(slot, item)
        if slot.kind == REASONING:
            return self._finish_reasoning(slot, item, now)
        if slot.kind in IMAGES:
            return [ShowImage(slot.segment, url) for url in pictures_of(item)]
        return [ShowStatus(searched(item))] if slot.kind in SEARCHES else []

    def _show(self, slot: OutputItem, part: tuple[str, int], text: str) -> list[Output]:
        if not text or (slot.kind == REASONING and not self._wanted(slot, part, text)):
            return []
        self.received += len(text)
        pieces = slot.pieces.setdefault(part, [])
        first = not pieces and slot.last_part is not None and slot.last_part != part
        pieces.append(text)
        slot.last_part = part
        shown = "\n\n" + text if first else text
        if slot.kind == REASONING:
            return [ShowReasoning(slot.segment, shown)]
        return [ShowText(slot.segment, shown)]

    def _wanted(self, slot: OutputItem, part: tuple[str, int], text: str) -> bool:
        """Return whether to show reasoning: only the style that came first, and never a placeholder."""
        styles = {name for name, _ in slot.pieces}
        return (not styles or part[0] in styles) and text.strip() != HIDDEN

    def _rest(self, slot: OutputItem, part: tuple[str, int], text: str) -> list[Output]:
        shown = slot.shown(part)
        return self._show(slot, part, text[len(shown) :]) if text.startswith(shown) else []

    def _finish_message(self, slot: OutputItem, item: JsonObject) -> list[Output]:
        outputs: list[Output] = []
        for number, part in enumerate(objects(item.get("content"))):
            if part.get("type") == "refusal":
                outputs += self._rest(slot, ("refusal", number), text_of(part, "refusal"))
            else:
                outputs += self._rest(slot, ("text", number), text_of(part, "text"))
            for annotation in objects(part.get("annotations")):
                outputs += self.cite(annotation)
        return outputs

    def _finish_reasoning(self, slot: OutputItem, item: JsonObject, now: float) -> list[Output]:
        outputs: list[Output] = []
        for name, key in (("summary", "summary"), ("raw", "content")):
            for number, part in enumerate(objects(item.get(key))):
                outputs += self._rest(slot, (name, number), text_of(part, "text"))
        return [*outputs, CloseReasoning(slot.segment, max(0.0, now - slot.started), item)]
