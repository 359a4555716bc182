"""Joins adjacent deltas of one kind, item and part."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.openrouter.stream.delta_types import Builder, Piece, joined_halves
from adapters.openrouter.wire.fields import count, position, text
from ports.response_events import TextDelta, UpstreamEvent

REPLACEMENT = "\ufffd"
BROKEN = object()
"""Stands for a payload that is no JSON."""
_NO_KIND = object()


class DeltaRun:
    """The current run: the type, item and part of its deltas, as upstream wrote them, and the pieces so far."""

    __slots__ = ("_build", "_index", "_item_id", "_kind", "_part", "_part_key", "_piece", "_pieces", "_place")

    def __init__(self) -> None:
        self._piece: Piece | None = None
        self._build: Builder = TextDelta
        self._kind: object = _NO_KIND
        self._part_key = ""
        self._index: object = None
        self._item_id: object = None
        self._part: object = None
        self._pieces: list[str] = []
        self._place: tuple[int, str, int] = (0, "", 0)

    def follow(self, payloads: Iterator[bytes], loads: Callable[[bytes], object]) -> tuple[bytes, object] | None:
        """Add the texts of the payloads that go on with this run; return the first other one, decoded, None if none is.

        Nearly every frame of a stream is read here, without a call of ours for each of them.
        """
        kind, index, item_id, part, part_key = self._kind, self._index, self._item_id, self._part, self._part_key
        append = self._pieces.append
        for payload in payloads:
            try:
                frame: Any = loads(payload)
            except ValueError:
                return payload, BROKEN
            try:
                if (
                    frame.__class__ is dict
                    and frame["type"] == kind
                    and frame["output_index"] == index
                    and frame["item_id"] == item_id
                    and frame.get(part_key) == part
                    and (said := frame["delta"]).__class__ is str
                ):
                    append(said)
                    continue
            except KeyError:
                pass
            return payload, frame
        return None

    def extend(self, piece: Piece, frame: dict[str, Any]) -> bool:
        """Add the frame's text; return False if it belongs to another run or contains no plain text."""
        if piece is not self._piece:
            return False
        try:  # nearly every chunk of a chat completion takes this path: keep it short
            said = frame["delta"]
            if (
                frame["output_index"] != self._index
                or frame["item_id"] != self._item_id
                or frame.get(piece.part_key) != self._part
                or said.__class__ is not str
            ):
                return False
        except KeyError:
            return False
        self._pieces.append(said)
        return True

    def begin(self, piece: Piece, frame: dict[str, Any], events: list[UpstreamEvent]) -> bool:
        """Add the text of a frame that may begin a run, ending another one; return False if it has no text."""
        said = _unwrapped(frame.get("delta"))
        if said is None:
            return False
        key = (frame.get("output_index"), frame.get("item_id"), frame.get(piece.part_key))
        if piece is not self._piece or key != (self._index, self._item_id, self._part):
            self.close(events)
            self._piece, self._build, self._part_key = piece, piece.build, piece.part_key
            self._index, self._item_id, self._part = key
            self._place = (position(self._index), text(self._item_id), count(self._part))
        kind = frame.get("type")
        self._kind = kind if isinstance(kind, str) else _NO_KIND
        self._pieces.append(said)
        return True

    def pause(self, events: list[UpstreamEvent]) -> None:
        """Emit the text so far at the end of a read; a trailing high surrogate waits for the next read."""
        pieces = self._pieces
        if pieces:
            said = pieces[0] if len(pieces) == 1 else "".join(pieces)
            pieces.clear()
            if not said.isascii():
                said, half = joined_halves(said)
                if half:
                    pieces.append(half)
            if said:
                events.append(self._build(*self._place, said))

    def close(self, events: list[UpstreamEvent]) -> None:
        """Emit everything and end the run."""
        self.pause(events)
        if self._pieces:
            self._pieces.clear()
            events.append(self._build(*self._place, REPLACEMENT))
        self._piece, self._kind = None, _NO_KIND


def _unwrapped(delta: object) -> str | None:
    """Return the text of a delta, either a string or in an object."""
    if isinstance(delta, dict):
        delta = delta.get("text")
    return delta if isinstance(delta, str) else None
