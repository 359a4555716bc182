"""Builds a reasoning item from the reasoning in chat chunks."""

from typing import Any

from adapters.openrouter.chat.reasoning_details import ENCRYPTED, PLAIN, SAID_UNDER, SUMMARY, TEXT, Entry, KnownEntries
from adapters.openrouter.stream.delta_types import DELTAS, Piece
from adapters.openrouter.stream.event_buffer import EventBuffer
from adapters.openrouter.wire.fields import text
from ports.json_values import JsonObject
from ports.response_events import ItemAdded, ItemDone, ReasoningDone

RAW_PIECE = DELTAS["response.reasoning_text.delta"]
SUMMARY_PIECE = DELTAS["response.reasoning_summary_text.delta"]
ID_PREFIX = "rs_"


class ReasoningItem:
    """Reasoning that must be returned upstream as one item: at most one signed text and one encrypted blob.

    The finished item has the shape of `POST /responses`; in addition `reasoning_details` keeps the entries in the form
    of chat completions, so that each endpoint can receive its own form back.
    """

    def __init__(self, events: EventBuffer) -> None:
        self._events = events
        self._entries: list[Entry] = []
        self._known = KnownEntries()
        self._plain: Entry | None = None
        self._sealed = False
        self._index = 0
        self._item_id = ""
        self._shown: dict[str, list[Entry]] = {SUMMARY: [], TEXT: []}

    def begin(self, index: int, item_id: str) -> None:
        """Announce the item at its index."""
        self._index, self._item_id = index, item_id
        item = {"type": "reasoning", "id": item_id, "status": "in_progress", "summary": []}
        self._events.add(ItemAdded(index, item))

    def add(self, detail: JsonObject, visible_text: str, *, whole: bool = False) -> bool:
        """Add a piece of an entry, or a `whole` entry, and emit its readable text.

        Return False when it belongs to another item.
        """
        entry = None if whole else self._known.find(detail, visible_text)
        if entry is None or (visible_text and self._sealed):
            if not self._fits(detail, visible_text):
                return False
            entry = Entry(text(detail.get("type")) or "unknown")
            self._entries.append(entry)
            self._known.note(entry, detail)
            self._sealed = self._sealed or entry.kind == ENCRYPTED
        shown = bool(visible_text) and (entry.frame is not None or not self._is_plain(visible_text))
        self._known.add(entry, detail)
        if shown:
            self._say(entry, visible_text)
        return True

    def think(self, visible_text: str) -> None:
        """Add reasoning that arrived without details."""
        entry = self._plain
        if entry is None:
            entry = self._plain = Entry(PLAIN)
            self._entries.append(entry)
        entry.pieces.append(visible_text)
        self._say(entry, visible_text)

    def finish(self, taken: set[str], *, listed: bool) -> None:
        """Complete the item; `listed` keeps `reasoning_details` even if empty. Ids in `taken` are not reused."""
        for kind, raw in ((SUMMARY, False), (TEXT, True)):
            for part, entry in enumerate(self._shown[kind]):
                self._events.add(ReasoningDone(self._index, self._item_id, part, entry.joined(), raw))
        self._events.add(ItemDone(self._index, self._finished(taken, listed)))

    def _finished(self, taken: set[str], listed: bool) -> JsonObject:
        item: dict[str, Any] = {"type": "reasoning", "id": self._chosen_id(taken), "status": "completed"}
        item["summary"] = [{"type": "summary_text", "text": entry.joined()} for entry in self._shown[SUMMARY]]
        if self._shown[TEXT]:
            item["content"] = [{"type": "reasoning_text", "text": entry.joined()} for entry in self._shown[TEXT]]
        listed_entries = [entry for entry in self._entries if entry.kind != PLAIN]
        known = {
            "encrypted_content": [entry.joined() for entry in listed_entries if entry.kind == ENCRYPTED],
            "signature": [entry.fields["signature"] for entry in listed_entries if entry.signed],
            "format": [entry.fields["format"] for entry in listed_entries if text(entry.fields.get("format"))],
        }
        item |= {key: values[0] for key, values in known.items() if values and values[0]}
        if listed_entries or listed:
            item["reasoning_details"] = [entry.whole() for entry in listed_entries]
        return item

    def _chosen_id(self, taken: set[str]) -> str:
        """Return upstream's id, against which encrypted content is verified, or a generated one."""
        upstream_ids = (entry.id for entry in self._entries if entry.id.startswith(ID_PREFIX) and entry.id not in taken)
        chosen = next(upstream_ids, self._item_id)
        taken.add(chosen)
        return chosen

    def _fits(self, detail: JsonObject, visible_text: str) -> bool:
        """Return whether a new entry may begin: not after encrypted data or a signature, nor with another id."""
        kind = text(detail.get("type"))
        theirs = text(detail.get("id")) if kind in SAID_UNDER else ""
        if theirs and self._known.has_other_id(theirs):
            return False
        closed = self._sealed or (kind == TEXT and self._known.signed > 0)
        return not (closed and (visible_text or kind == ENCRYPTED))

    def _is_plain(self, visible_text: str) -> bool:
        """Return whether a text is what has come without details; a much longer one is not joined to see that."""
        if self._plain is None:
            return False
        size = 0
        for piece in self._plain.pieces:
            size += len(piece)
            if size > 2 * len(visible_text):  # joined halves of surrogate pairs make it shorter, by half at most
                return False
        return visible_text == self._plain.joined()

    def _say(self, entry: Entry, visible_text: str) -> None:
        piece, kind = (SUMMARY_PIECE, SUMMARY) if entry.kind == SUMMARY else (RAW_PIECE, TEXT)
        if entry.frame is None:
            entry.frame = _frame(piece, self._index, self._item_id, len(self._shown[kind]))
            self._shown[kind].append(entry)
        entry.frame["delta"] = visible_text
        self._events.say(piece, entry.frame)


def _frame(piece: Piece, index: int, item_id: str, part: int) -> dict[str, Any]:
    return {"output_index": index, "item_id": item_id, piece.part_key: part, "delta": ""}
