"""A reasoning item put together from the thinking of chat chunks."""

from typing import Any

from adapters.openrouter.chat.reasoning_details import ENCRYPTED, PLAIN, SAID_UNDER, SUMMARY, TEXT, Entry
from adapters.openrouter.stream.delta_types import DELTAS, Piece
from adapters.openrouter.stream.event_buffer import EventBuffer
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject
from ports.response_events import ItemAdded, ItemDone, ReasoningDone

RAW_PIECE = DELTAS["response.reasoning_text.delta"]
SUMMARY_PIECE = DELTAS["response.reasoning_summary_text.delta"]
ID_PREFIX = "rs_"


class ReasoningItem:
    """Thinking that goes back as one item: at most one signed text and one sealed blob.

    The finished item has the shape of `POST /responses`; beside it `reasoning_details` keeps the entries as chat
    completions have them, so that either endpoint can be given what it gave.
    """

    def __init__(self, events: EventBuffer) -> None:
        self._events = events
        self._entries: list[Entry] = []
        self._sealed = False
        self._index = 0
        self._item_id = ""
        self._shown: dict[str, list[Entry]] = {SUMMARY: [], TEXT: []}

    def begin(self, index: int, item_id: str) -> None:
        """Announce the item at its place."""
        self._index, self._item_id = index, item_id
        item = {"type": "reasoning", "id": item_id, "status": "in_progress", "summary": []}
        self._events.add(ItemAdded(index, item))

    def add(self, detail: JsonObject, said: str, *, whole: bool = False) -> bool:
        """Take a detail, a piece of an entry or a `whole` one, and show `said`, what of it can be read.

        False when it belongs to another item.
        """
        entry = None if whole else self._entry_for(detail, said)
        if entry is None or (said and self._sealed):
            if not self._fits(detail, said):
                return False
            entry = Entry(text(detail.get("type")) or "unknown")
            self._entries.append(entry)
            self._sealed = self._sealed or entry.kind == ENCRYPTED
        shown = bool(said) and (entry.frame is not None or said != self._plain_text())
        entry.add(detail)
        if shown:
            self._say(entry, said)
        return True

    def think(self, said: str) -> None:
        """Take thinking told without details."""
        entry = next((entry for entry in self._entries if entry.kind == PLAIN), None)
        if entry is None:
            entry = Entry(PLAIN)
            self._entries.append(entry)
        entry.pieces.append(said)
        self._say(entry, said)

    def finish(self, taken: set[str], *, listed: bool) -> None:
        """Complete the item; `listed` keeps the list of details even when it is empty. `taken` ids are not used."""
        for kind, raw in ((SUMMARY, False), (TEXT, True)):
            for part, entry in enumerate(self._shown[kind]):
                self._events.add(ReasoningDone(self._index, self._item_id, part, entry.said(), raw))
        self._events.add(ItemDone(self._index, self._finished(taken, listed)))

    def _finished(self, taken: set[str], listed: bool) -> JsonObject:
        item: dict[str, Any] = {"type": "reasoning", "id": self._chosen_id(taken), "status": "completed"}
        item["summary"] = [{"type": "summary_text", "text": entry.said()} for entry in self._shown[SUMMARY]]
        if self._shown[TEXT]:
            item["content"] = [{"type": "reasoning_text", "text": entry.said()} for entry in self._shown[TEXT]]
        told = [entry for entry in self._entries if entry.kind != PLAIN]
        known = {
            "encrypted_content": [entry.said() for entry in told if entry.kind == ENCRYPTED],
            "signature": [entry.fields["signature"] for entry in told if entry.signed],
            "format": [entry.fields["format"] for entry in told if text(entry.fields.get("format"))],
        }
        item |= {key: values[0] for key, values in known.items() if values and values[0]}
        if told or listed:
            item["reasoning_details"] = [entry.whole() for entry in told]
        return item

    def _chosen_id(self, taken: set[str]) -> str:
        """Return the id upstream gave, with which sealed content is checked, or our own."""
        given = (entry.id for entry in self._entries if entry.id.startswith(ID_PREFIX) and entry.id not in taken)
        chosen = next(given, self._item_id)
        taken.add(chosen)
        return chosen

    def _entry_for(self, detail: JsonObject, said: str) -> Entry | None:
        for entry in reversed(self._entries):
            if entry.takes(detail, said):
                return entry
        return None

    def _fits(self, detail: JsonObject, said: str) -> bool:
        """Tell whether a new entry may begin: not after a seal or a signature, nor under another id."""
        kind = text(detail.get("type"))
        theirs = text(detail.get("id")) if kind in SAID_UNDER else ""
        if theirs and any(entry.kind in SAID_UNDER and entry.id not in ("", theirs) for entry in self._entries):
            return False
        closed = self._sealed or (kind == TEXT and any(entry.signed for entry in self._entries))
        return not (closed and (said or kind == ENCRYPTED))

    def _plain_text(self) -> str:
        return next((entry.said() for entry in self._entries if entry.kind == PLAIN), "")

    def _say(self, entry: Entry, said: str) -> None:
        piece, kind = (SUMMARY_PIECE, SUMMARY) if entry.kind == SUMMARY else (RAW_PIECE, TEXT)
        if entry.frame is None:
            entry.frame = _frame(piece, self._index, self._item_id, len(self._shown[kind]))
            self._shown[kind].append(entry)
        entry.frame["delta"] = said
        self._events.say(piece, entry.frame)


def _frame(piece: Piece, index: int, item_id: str, part: int) -> dict[str, Any]:
    return {"output_index": index, "item_id": item_id, piece.part_key: part, "delta": ""}
