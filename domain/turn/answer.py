"""Collect the output items of one response; compare deltas with complete texts, so that nothing is shown twice.

Upstream leaves out deltas, repeats texts, reuses places and sends the same thinking twice; the rules here follow
the ordering notes of the OpenRouter API reference, event stream.
"""

from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.call_kinds import CUSTOM
from domain.conversation.call_names import meant
from domain.conversation.item_types import MESSAGE, REASONING, is_unknown
from domain.conversation.server_items import without_pictures
from domain.turn.armor_marks import ArmorMarks, without_marks
from domain.turn.call_ids import distinct
from domain.turn.citations import Citations
from domain.turn.held_calls import HeldCalls
from domain.turn.item_places import ItemPlaces
from domain.turn.logprobs import shown_logprobs
from domain.turn.output_items import (
    CALL,
    DRAWS,
    IMAGES,
    TEXT_OF_CALL,
    OutputItem,
    alike,
    call_of,
    calls_among,
    family_of,
    id_of,
    kind_of,
    objects,
    pictures_of,
    text_of,
)
from domain.turn.server_tool_uses import ServerToolUses
from domain.turn.statuses import CallWithheld
from domain.turn.steps import CloseReasoning, Output, ShowImage, ShowReasoning, ShowRefusal, ShowStatus, ShowText
from ports.json_values import JsonObject
from ports.toolbox import ToolCall

HIDDEN = "[REDACTED]"


class Answer:
    """The items of one response in order. `first_segment` numbers the first; `taken` are call ids of earlier rounds.

    `offered`: names of the tools that the model may mean; `readable`: of those that a text may call (`HeldCalls`).
    """

    def __init__(
        self,
        first_segment: int,
        cited: Citations,
        taken: frozenset[str] = frozenset(),
        offered: frozenset[str] = frozenset(),
        readable: frozenset[str] = frozenset(),
    ) -> None:
        self.taken, self._offered = taken, offered
        self._places, self._cited = ItemPlaces(first_segment), cited
        self.slots, self._open_at = self._places.slots, self._places.open_at
        self.uses = ServerToolUses(self._places)
        self._marks, self._leaks = ArmorMarks(), HeldCalls(readable)
        self._drawn: dict[OutputItem, None] = {}  # no set: an empty one takes 216 bytes of every open stream
        self.received = 0

    def following(self, call_ids: Iterable[str] = ()) -> "Answer":
        """Return the empty answer for the next response; `call_ids` are the calls shown in between."""
        ids = tuple(call_ids)
        taken = self.taken.union(ids) if ids else self.taken
        return Answer(self.next_segment + len(ids), self._cited, taken, self._offered, self._leaks.offered)

    @property
    def next_segment(self) -> int:
        """The segment number of the next item of the turn."""
        return self._places.next_segment

    @property
    def items(self) -> tuple[JsonObject, ...]:
        """The finished items as received, in order."""
        return tuple(slot.item for slot in self.slots if slot.item is not None)

    @property
    def unknown_types(self) -> tuple[str, ...]:
        """The types of items that are in no table."""
        return tuple(slot.kind for slot in self.slots if is_unknown(slot.kind))

    @property
    def withheld(self) -> bool:
        """Return whether Armor withheld a call of a tool."""
        return self._marks.found or self.uses.withheld

    def is_whole(self) -> bool:
        """Return whether there is an answer, or a call was withheld, and every item that began is finished."""
        whole = bool(self.slots) and all(slot.closed for slot in self.slots)
        return whole and (self.has_answer() or self.withheld)

    def has_answer(self) -> bool:
        """Return whether there is text, a refusal, an image, a tool call, or the result of a server tool."""
        if self.has_text() or self.uses.completed or any(slot.kind in IMAGES for slot in self.slots):
            return True
        return bool(self._leaks.found or self.calls())

    def has_text(self) -> bool:
        """Return whether any text or refusal was shown."""
        return any(slot.kind == MESSAGE and slot.has_text() for slot in self.slots)

    def calls(self) -> tuple[ToolCall, ...]:
        """Return the calls in order, under ids unique in the turn."""
        return tuple(self.called().values())

    def called(self) -> dict[OutputItem, ToolCall]:
        """Return the calls by output item, under ids unique in the turn and the names of offered tools."""
        calls = ((slot, self._meant(call_of(slot)), slot.closed) for slot in calls_among(self.slots))
        return distinct(calls, self.taken)

    def _meant(self, call: ToolCall) -> ToolCall:
        name = meant(call.name, self._offered) if call.kind in (CALL, CUSTOM) else call.name
        return call if name is call.name else replace(call, name=name)

    # --- upstream's events -----------------------------------------------------------------------------------

    def begin(self, index: int, item: JsonObject, now: float) -> list[Output]:
        """Open an item. At the place of a finished item this opens a new one, unless the ids are the same.

        Two open calls of different call ids at one place are two calls.
        """
        item_id, kind = id_of(item), kind_of(item)
        slot = self._places.begun(index, item_id, family_of(kind))
        if (
            slot is None
            or (slot.closed and not item_id and not self._is_repeated(slot))
            or not alike(slot, index, item)
        ):
            slot = self._places.open(index, item_id, kind, now)
        if slot.kind not in (MESSAGE, REASONING):  # of these, the finished item says all of it
            slot.opening = slot.opening or item
        slot.describe(item)
        return self.uses.changed(slot)

    def say(self, index: int, item_id: str, part: int, text: str, now: float, name: str = "text") -> list[Output]:
        """Append text or refusal to a message."""
        slot = self._open_at.get((index, MESSAGE))
        if slot is None:
            slot = self._places.at(index, item_id, MESSAGE, now)
        if "<" in text or self._marks.holding or self._leaks.holding or "[" in text:
            return self._say_unmarked(slot, (name, part), text, known=bool(item_id))
        pieces = slot.growing.get((name, part))
        if pieces is None or not text:
            return [] if item_id and slot.has_all_of((name, part)) else self._show(slot, (name, part), text)
        self.received += len(text)
        pieces.append(text)
        return [ShowText(slot.segment, text) if name == "text" else ShowRefusal(slot.segment, text)]

    def think(self, index: int, item_id: str, part: int, text: str, raw: bool, now: float) -> list[Output]:
        """Append reasoning. An item has one style, summary or raw: the style that comes second is not shown."""
        slot = self._open_at.get((index, REASONING))
        if slot is None:
            slot = self._places.at(index, item_id, REASONING, now)
        key = ("raw" if raw else "summary", part)
        if key not in slot.growing and item_id and slot.has_all_of(key):
            return []
        return self._show(slot, key, text)

    def complete(self, index: int, item_id: str, key: tuple[str, int], text: str, now: float) -> list[Output]:
        """Show the rest of a part: what its complete text has beyond its deltas."""
        kind = REASONING if key[0] in ("raw", "summary") else MESSAGE
        slot = self._places.at(index, item_id, kind, now)
        rest = self._rest(slot, key, text) if kind == REASONING else self._rest_unmarked(slot, key, text)
        if text:
            slot.settle(key)
        return rest

    def argue(self, index: int, item_id: str, text: str, now: float, *, whole: bool = False) -> None:
        """Collect the arguments of a function call; an empty complete text is ignored."""
        slot = self._places.at(index, item_id, CALL, now)
        if not whole:
            slot.arguments.append(text)
        elif text:
            slot.arguments = [text]

    def cite(self, annotation: JsonObject) -> list[Output]:
        """Cite a source, each once per turn."""
        return [*self._cited.cite(annotation)]

    def finish_item(self, index: int, item: JsonObject, now: float) -> list[Output]:
        """Store a finished item as received; show what its deltas left out.

        A call that its call id places elsewhere is not the open one at this place.
        """
        item_id, kind = id_of(item), kind_of(item)
        return self._finish(self._places.finishing(index, item_id, item, kind, now), item, now)

    def finish_all(self, items: Iterable[JsonObject], now: float, *, whole: bool = True) -> list[Output]:
        """Store the items of the terminal event; an item not seen before begins and finishes here.

        Server tools that upstream never finished end here too; not `whole`: they failed.
        """
        outputs: list[Output] = []
        listed = tuple(items)
        for index, (item, slot) in enumerate(zip(listed, self._places.seen(listed), strict=True)):
            if slot is None:
                slot = self._places.open(index, id_of(item), kind_of(item), now)
            slot.describe(item)
            if not slot.closed:
                outputs += self._finish(slot, item, now)
            elif slot.kind in DRAWS:
                outputs += self._draw(slot, item)
            elif (key := TEXT_OF_CALL.get(slot.kind)) and not text_of(slot.item or {}, key) and text_of(item, key):
                slot.arguments = [text_of(item, key)]
        return [*outputs, *self.uses.end_all(lost=not whole)]

    def release(self, now: float, *, whole: bool = False) -> list[Output]:
        """Show what was held as a mark or a call and is none: nothing more comes. Of a `whole` response, read calls."""
        held = self._marks.release() if self._marks.holding else []
        outputs = [said for place, text in held for said in self._show(*place, self._leaks.piece(place, text))]
        if self._leaks.holding or self._leaks.found:
            left = self._leaks.read(self._places, self.calls(), now) if whole else self._leaks.release()
            outputs += [said for place, text in left for said in self._show(*place, text)]
        return outputs

    # --- details ------------------------------------------------------------------------------------------

    def _finish(self, slot: OutputItem, item: JsonObject, now: float) -> list[Output]:
        if slot.closed:
            return []
        slot.item = without_marks(item) if slot.kind == MESSAGE else item
        self._places.close(slot)
        slot.describe(item)
        if slot.kind in (MESSAGE, REASONING):
            said = slot.kind == MESSAGE
            outputs = self._finish_message(slot, item) if said else self._finish_reasoning(slot, item, now)
            slot.settle(*slot.pieces)
            return outputs
        ended = self.uses.ended(slot)
        return [*ended, *self._draw(slot, item)] if slot.kind in DRAWS else ended

    def _draw(self, slot: OutputItem, item: JsonObject) -> list[Output]:
        """Show the pictures of a finished item, which may come with the terminal event only; then let go of them."""
        pictures = [] if slot in self._drawn else list(pictures_of(item))
        if pictures:
            self._drawn[slot] = None
            slot.item = without_pictures(item)
        return [ShowImage(slot.segment, url) for url in dict.fromkeys(pictures)]

    def _is_repeated(self, slot: OutputItem) -> bool:
        """Return whether an item without id at a finished place is the finished one: server tools share no place."""
        return slot.kind not in (MESSAGE, REASONING, CALL)

    def _show(self, slot: OutputItem, part: tuple[str, int], text: str) -> list[Output]:
        if not text or (slot.kind == REASONING and not self._wanted(slot, part, text)):
            return []
        self.received += len(text)
        shown = "\n\n" + text if part not in slot.pieces and slot.pieces else text
        pieces = slot.pieces.setdefault(part, [])
        pieces.append(text)
        slot.growing[part] = pieces
        if slot.kind == REASONING:
            return [ShowReasoning(slot.segment, shown)]
        return [ShowRefusal(slot.segment, shown) if part[0] == "refusal" else ShowText(slot.segment, shown)]

    def _wanted(self, slot: OutputItem, part: tuple[str, int], text: str) -> bool:
        """Return whether to show reasoning: only the style that came first, and never a placeholder."""
        if part not in slot.growing and slot.pieces and next(iter(slot.pieces))[0] != part[0]:
            return False
        return text.strip() != HIDDEN

    def _rest(self, slot: OutputItem, part: tuple[str, int], text: str) -> list[Output]:
        shown = slot.shown(part)
        return self._show(slot, part, text[len(shown) :]) if text.startswith(shown) else []

    def _say_unmarked(self, slot: OutputItem, part: tuple[str, int], text: str, *, known: bool) -> list[Output]:
        if known and slot.has_all_of(part):
            return []
        said = self._leaks.piece((slot, part), self._marks.piece((slot, part), text))
        return [*self._show(slot, part, said), *self._report_withheld()]

    def _rest_unmarked(self, slot: OutputItem, part: tuple[str, int], text: str) -> list[Output]:
        said = self._leaks.whole((slot, part), self._marks.whole((slot, part), text)) if text else ""
        return [*self._rest(slot, part, said), *self._report_withheld()]

    def _report_withheld(self) -> list[Output]:
        return [ShowStatus(CallWithheld(tool)) for tool in self._marks.withheld()]

    def _finish_message(self, slot: OutputItem, item: JsonObject) -> list[Output]:
        outputs: list[Output] = []
        for number, part in enumerate(objects(item.get("content"))):
            name = "refusal" if part.get("type") == "refusal" else "text"
            outputs += self._rest_unmarked(slot, (name, number), text_of(part, name))
            outputs += shown_logprobs(slot, part, number)
            for annotation in objects(part.get("annotations")):
                outputs += self.cite(annotation)
        return outputs

    def _finish_reasoning(self, slot: OutputItem, item: JsonObject, now: float) -> list[Output]:
        outputs: list[Output] = []
        for name, key in (("summary", "summary"), ("raw", "content")):
            for number, part in enumerate(objects(item.get(key))):
                outputs += self._rest(slot, (name, number), text_of(part, "text"))
        return [*outputs, CloseReasoning(slot.segment, max(0.0, now - slot.started), item)]
