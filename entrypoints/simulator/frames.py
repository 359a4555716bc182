"""Encode server-sent events: one `data:` line per event, followed by a blank line."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from entrypoints.simulator.payload import Json

DONE = b"data: [DONE]\n\n"


def frame(event: Json) -> bytes:
    """Encode one event."""
    return b"data: %b\n\n" % orjson.dumps(event)


@dataclass(frozen=True, slots=True)
class DeltaTemplate:
    """An encoded delta event with two gaps: `head` number `middle` text `tail`."""

    head: bytes
    middle: bytes
    tail: bytes

    def numbered(self, pieces: Sequence[str], first: int) -> bytes:
        """Encode one frame per piece, with sequence numbers from `first` upwards."""
        dumps, head, middle, tail = orjson.dumps, self.head, self.middle, self.tail
        numbers = range(first, first + len(pieces))
        return b"".join(
            [b"%b%d%b%b%b" % (head, n, middle, dumps(piece), tail) for n, piece in zip(numbers, pieces, strict=True)]
        )

    def plain(self, pieces: Sequence[str]) -> bytes:
        """Encode one frame per piece without a sequence number: `head` text `tail`."""
        dumps, head, tail = orjson.dumps, self.head, self.tail
        return b"".join([b"%b%b%b" % (head, dumps(piece), tail) for piece in pieces])
