"""The messages and images of a chat answer, as items of `POST /responses`."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from adapters.openrouter.stream.delta_types import DELTAS
from adapters.openrouter.stream.event_buffer import EventBuffer, whole_text
from adapters.openrouter.wire.fields import count, mapping, text
from ports.json_values import JsonObject
from ports.response_events import AnnotationAdded, ItemAdded, ItemDone, RefusalDone, TextDone

SAID, REFUSED = "output_text", "refusal"
PIECES = {SAID: DELTAS["response.output_text.delta"], REFUSED: DELTAS["response.refusal.delta"]}
MOST_LOGPROBS = 200_000
"""Entries of one message, more than the tokens of the longest answers."""
KEPT_CITATIONS = frozenset(("url_citation", "file_citation", "file_path"))


class Places:
    """Numbers the items of one answer; `tag` comes from the generation id and makes item ids unique."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._next = 0

    def take(self, prefix: str) -> tuple[int, str]:
        """Return the index and id of the next item."""
        index, self._next = self._next, self._next + 1
        return index, f"{prefix}_{self._tag}_{index}"


class _Part:
    """One content part: its position, and its text in pieces."""

    __slots__ = ("frame", "kind", "pieces")

    def __init__(self, kind: str, index: int, item_id: str, number: int) -> None:
        self.kind = kind
        self.pieces: list[str] = []
        self.frame: dict[str, Any] = {"output_index": index, "item_id": item_id, "content_index": number, "delta": ""}


class MessageItem:
    """A message in progress; its text and its refusal are one part each."""

    def __init__(self, events: EventBuffer, index: int, item_id: str) -> None:
        self._events = events
        self._index, self._item_id = index, item_id
        self._parts: list[_Part] = []
        self._citations: list[JsonObject] = []
        self._logprobs: list[JsonObject] = []
        events.add(ItemAdded(index, self._item("in_progress", [])))

    def say(self, kind: str, piece: str) -> None:
        """Append to the text or the refusal."""
        part = self._part(kind)
        part.pieces.append(piece)
        part.frame["delta"] = piece
        self._events.say(PIECES[kind], part.frame)

    def cite(self, citation: JsonObject) -> None:
        """Add a citation, in the flat form, to the text part."""
        number = count(self._part(SAID).frame["content_index"])
        self._events.add(AnnotationAdded(self._index, self._item_id, number, citation))
        if text(citation.get("type")) in KEPT_CITATIONS:
            self._citations.append(citation)

    def add_logprobs(self, logprobs: Iterable[JsonObject]) -> None:
        """Add the probabilities of tokens of the text."""
        self._logprobs += islice(logprobs, max(0, MOST_LOGPROBS - len(self._logprobs)))

    def finish(self, status: str) -> None:
        """Complete the message."""
        content: list[JsonObject] = []
        for number, part in enumerate(self._parts):
            piece = whole_text(part.pieces)
            done = TextDone if part.kind == SAID else RefusalDone
            self._events.add(done(self._index, self._item_id, number, piece))
            if part.kind == SAID:
                more = {"logprobs": self._logprobs} if self._logprobs else {}
                content.append({"type": SAID, "text": piece, "annotations": list(self._citations), **more})
            else:
                content.append({"type": REFUSED, "refusal": piece})
        self._events.add(ItemDone(self._index, self._item(status, content)))

    def _part(self, kind: str) -> _Part:
        for part in self._parts:
            if part.kind == kind:
                return part
        part = _Part(kind, self._index, self._item_id, len(self._parts))
        self._parts.append(part)
        return part

    def _item(self, status: str, content: list[JsonObject]) -> JsonObject:
        return {"type": "message", "id": self._item_id, "status": status, "role": "assistant", "content": content}


def flat_citation(annotation: JsonObject) -> JsonObject:
    """Convert a chat annotation to the form of `POST /responses`: nested fields move to the top level."""
    kind = text(annotation.get("type"))
    nested = mapping(annotation.get(kind))
    flat = {"type": kind, **nested} if nested else dict(annotation)
    if kind == "url_citation":
        flat |= {key: count(flat.get(key)) for key in ("start_index", "end_index")}
        flat["title"] = text(flat.get("title"))
    return flat


def picture_of(image: JsonObject) -> str:
    """Return the URL of a generated image, usually a data URL; empty if there is none."""
    place = image.get("image_url")
    return text(mapping(place).get("url")) or text(place) or text(image.get("url"))


def add_picture(events: EventBuffer, index: int, item_id: str, url: str) -> None:
    """Announce and complete the item of a generated image."""
    item = {"type": "image_generation_call", "id": item_id}
    events.add(ItemAdded(index, {**item, "status": "in_progress"}))
    events.add(ItemDone(index, {**item, "status": "completed", "result": url}))
