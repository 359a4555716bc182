"""Build the frames of output items of POST /responses: sequence numbers, opening, deltas, closing."""

from collections.abc import Sequence

import orjson

from entrypoints.simulator.frames import DeltaTemplate, frame
from entrypoints.simulator.payload import Json


class ItemFrames:
    """Numbers events and items; at most one item with deltas is open at a time."""

    def __init__(self) -> None:
        self.output: list[Json] = []
        self._sequence = 0
        self._open: tuple[str, DeltaTemplate] | None = None
        self._written: list[str] = []

    def _event(self, kind: str, **fields: object) -> bytes:
        event = {"type": kind, "sequence_number": self._sequence, **fields}
        self._sequence += 1
        return frame(event)

    def _added(self, item: Json) -> bytes:
        return self._event("response.output_item.added", output_index=len(self.output), item=item)

    def _done(self, item: Json) -> bytes:
        written = self._event("response.output_item.done", output_index=len(self.output), item=item)
        self.output.append(item)
        return written

    def _deltas(self, pieces: Sequence[str]) -> bytes:
        assert self._open is not None
        self._written.append("".join(pieces))
        first = self._sequence
        self._sequence += len(pieces)
        return self._open[1].numbered(pieces, first)

    def _template(self, kind: str, item_id: str, index: str, *, logprobs: bool = False) -> DeltaTemplate:
        place = orjson.dumps({"output_index": len(self.output), "item_id": item_id, index: 0})[1:-1]
        return DeltaTemplate(
            b'data: {"type":"%b","sequence_number":' % kind.encode(),
            b",%b" % place + b',"delta":',
            b',"logprobs":[]}\n\n' if logprobs else b"}\n\n",
        )

    def _close(self) -> tuple[str, str]:
        """Close the open item and return its id and its text."""
        assert self._open is not None
        item_id, _ = self._open
        text = "".join(self._written)
        self._open, self._written = None, []
        return item_id, text

    def _part(self, what: str, item_id: str, part: Json) -> bytes:
        place: Json = {"output_index": len(self.output), "item_id": item_id, "content_index": 0}
        return self._event(f"response.content_part.{what}", **place, part=part)

    @staticmethod
    def _message(item_id: str, status: str, content: list[Json]) -> Json:
        return {
            "type": "message",
            "id": item_id,
            "status": status,
            "role": "assistant",
            "content": content,
            "phase": "final_answer",
        }
