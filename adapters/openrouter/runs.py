"""Join adjacent deltas of one kind, item and part."""

from typing import Any

from adapters.openrouter.deltas import Piece, joined_halves
from adapters.openrouter.fields import count, text
from ports.responses import UpstreamEvent

REPLACEMENT = "\ufffd"


class DeltaRun:
    """The delta under way: who it belongs to, as upstream wrote it, and its pieces so far."""

    __slots__ = ("_index", "_item_id", "_part", "_piece", "_pieces", "_place")

    def __init__(self) -> None:
        self._piece: Piece | None = None
        self._index: object = None
        self._item_id: object = None
        self._part: object = None
        self._pieces: list[str] = []
        self._place: tuple[int, str, int] = (0, "", 0)

    def extend(self, piece: Piece, frame: dict[str, Any]) -> bool:
        """Add the frame's text; False when it belongs to another run or holds no text."""
        said = frame.get("delta")
        if (
            piece is not self._piece
            or frame.get("output_index") != self._index
            or frame.get("item_id") != self._item_id
            or frame.get(piece.part_key) != self._part
        ):
            return False
        if said.__class__ is not str:
            said = _unwrapped(said)
            if said is None:
                return False
        self._pieces.append(said)
        return True

    def open(self, piece: Piece, frame: dict[str, Any]) -> bool:
        """Begin a run with this frame; False when it holds no text."""
        said = _unwrapped(frame.get("delta"))
        if said is None:
            return False
        self._piece = piece
        self._index = frame.get("output_index")
        self._item_id = frame.get("item_id")
        self._part = frame.get(piece.part_key)
        self._place = (count(self._index), text(self._item_id), count(self._part))
        self._pieces.append(said)
        return True

    def pause(self, events: list[UpstreamEvent]) -> None:
        """Hand over what there is at the end of a read; a first half of a surrogate pair waits for the next one."""
        if self._pieces:
            said, half = joined_halves("".join(self._pieces))
            self._pieces = [half] if half else []
            self._hand_over(said, events)

    def close(self, events: list[UpstreamEvent]) -> None:
        """Hand over everything and end the run."""
        if self._pieces:
            said, half = joined_halves("".join(self._pieces))
            self._pieces = []
            self._hand_over(said + REPLACEMENT if half else said, events)
        self._piece = None

    def _hand_over(self, said: str, events: list[UpstreamEvent]) -> None:
        if said and self._piece is not None:
            index, item_id, part = self._place
            events.append(self._piece.build(index, item_id, part, said))


def _unwrapped(delta: object) -> str | None:
    """Return the text of a delta, bare or in an object."""
    if isinstance(delta, dict):
        delta = delta.get("text")
    return delta if isinstance(delta, str) else None
