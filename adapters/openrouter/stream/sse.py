"""Splits a byte stream into event payloads, as the WHATWG standard defines `text/event-stream`."""

from collections.abc import Iterable

from adapters.openrouter.stream.long_line import LongLine
from adapters.openrouter.wire.codec import BOM
from ports.responses import EventTooLarge

FIELD = b"data"
LONG_LINE = 256 * 1024
"""Bytes of an unfinished data line from which it gets memory of its own; shorter ones are held in pieces."""


class SseDecoder:
    """Accepts reads of any size and split; returns the data of each finished event as UTF-8 bytes.

    Event names, ids and retry fields are ignored. `limit` is the most bytes of data of one event, finished or not;
    beyond it `feed` raises EventTooLarge. Comments and unknown fields are never stored. `resting` is True while no
    event is in progress.
    """

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        self._limit = limit
        self._lines: list[bytes] = []  # finished data lines of the current event
        self._size = 0  # their bytes, separators included
        self._pieces: list[bytes] = []  # pieces of the current line
        self._length = 0  # its bytes
        self._long: LongLine | None = None  # the value of the current line instead, if it is long
        self._skipping = False  # the current line is not a data line
        self._after_cr = False
        self._head: bytes | None = b""  # bytes that may be the start of a byte order mark; None once decided
        self.resting = False  # no event in progress, and the byte order mark is decided
        self.failure: EventTooLarge | None = None

    @property
    def held(self) -> int:
        """Return the bytes of the current event; finishing it copies them."""
        return self._size + self._length

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads completed by `data`, in order.

        When an event is too large, the payloads before it are returned first: `failure` is then set, and the next call
        raises it.
        """
        payloads = self.plain(data)
        if payloads is not None:
            return payloads
        out: list[bytes] = []
        try:
            self._feed(data, out)
        except EventTooLarge as error:
            self.failure = error
            if not out:
                raise
        self.resting = self._head is None and not (
            self._lines or self._pieces or self._long or self._skipping or self._after_cr or self.failure
        )
        return out

    def plain(self, data: bytes) -> list[bytes] | None:
        """Return the payloads of a read of nothing but whole events, one `data: ` line each; None for any other."""
        if not self.resting or b"\r" in data or len(data) > self._limit:
            return None
        return _plain_payloads(data)

    def _feed(self, data: bytes, out: list[bytes]) -> None:
        if self.failure is not None:
            raise self.failure
        if self._head is not None:
            data = self._without_mark(data)
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            self._walk(data, out)
        else:
            self._feed_plain(data, out)

    def close(self) -> bytes:
        """Return the data of an event whose final blank line never arrived; empty if there is none."""
        if self._head:
            self._walk(self._head, [])
        line = b"".join(self._pieces)
        rest = [*self._lines, _value(line)] if line and not self._skipping and _is_data(line) else self._lines
        if self._long is not None:
            rest = [*rest, self._long.take()]
        self._lines, self._pieces, self._long = [], [], None
        return b"\n".join(rest)

    def _without_mark(self, data: bytes) -> bytes:
        head = (self._head or b"") + data
        if len(head) < len(BOM) and BOM.startswith(head):
            self._head = head
            return b""
        self._head = None
        return head.removeprefix(BOM)

    def _feed_plain(self, data: bytes, out: list[bytes]) -> None:
        """Process data with line feeds only: split whole events, read a partial event line by line."""
        start = 0
        if self._pieces or self._lines or self._skipping or self._long is not None:
            start = self._end_of_open(data)
            self._walk(data[:start], out)
        end = data.rfind(b"\n\n", start) + 2
        if end >= start + 2:
            self._cut(data[start:end], out)
            start = end
        if start < len(data):
            self._walk(data[start:], out)

    def _end_of_open(self, data: bytes) -> int:
        """Return the end of the current event in `data`; its length if the event does not end there."""
        if not self._pieces and self._long is None and not self._skipping and data.startswith(b"\n"):
            return 1
        blank = data.find(b"\n\n")
        return len(data) if blank < 0 else blank + 2

    def _cut(self, block: bytes, out: list[bytes]) -> None:
        """Split whole events, each ended by a blank line."""
        payloads = _plain_payloads(block)
        if payloads is not None:
            self._take(payloads, out)
            return
        for event in block[:-2].split(b"\n\n"):
            self._cut_event(event, out)

    def _cut_event(self, event: bytes, out: list[bytes]) -> None:
        if b"\n" in event or not event:
            self._walk(event + b"\n\n", out)
        elif _is_data(event):
            self._take((_value(event),), out)

    def _take(self, payloads: Iterable[bytes], out: list[bytes]) -> None:
        for payload in payloads:
            if len(payload) > self._limit:
                raise EventTooLarge(self._limit)
            out.append(payload)

    def _walk(self, data: bytes, out: list[bytes]) -> None:
        """Read line by line, with any kind of line ending."""
        for line in data.splitlines(keepends=True):
            if line.endswith((b"\n", b"\r")):
                self._end_line(line.rstrip(b"\r\n"), out)
            else:
                self._hold(line)
        self._after_cr = data.endswith(b"\r")

    def _hold(self, piece: bytes) -> None:
        if self._skipping:
            return
        self._length += len(piece)
        if self._long is not None:
            self._write(self._long, piece)
            return
        self._pieces.append(piece)
        if self._length > len(FIELD) and not self._may_be_data():
            self._pieces, self._length, self._skipping = [], 0, True
        elif self._size + self._length > self._limit + len(b"data: "):
            raise EventTooLarge(self._limit)
        elif self._length >= LONG_LINE:
            self._long = LongLine(self._limit)
            self._write(self._long, _value(b"".join(self._pieces)))
            self._pieces = []

    def _write(self, line: LongLine, piece: bytes) -> None:
        try:
            line.write(piece)
        except ValueError:
            raise EventTooLarge(self._limit) from None

    def _may_be_data(self) -> bool:
        if len(self._pieces[0]) <= len(FIELD):
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0].startswith(b"data:")

    def _end_line(self, line: bytes, out: list[bytes]) -> None:
        pieces, self._pieces, self._length = self._pieces, [], 0
        if self._skipping:
            self._skipping = False
        elif self._long is not None:
            self._write(self._long, line)
            value, self._long = self._long.take(), None
            self._add(value)
        else:
            line = b"".join((*pieces, line)) if pieces else line
            if not line:
                self._dispatch(out)
            elif _is_data(line):
                self._add(_value(line))

    def _add(self, value: bytes) -> None:
        self._lines.append(value)
        self._size += len(value) + 1
        if self._size - 1 > self._limit:
            raise EventTooLarge(self._limit)

    def _dispatch(self, out: list[bytes]) -> None:
        if self._lines:
            out.append(b"\n".join(self._lines))
            self._lines, self._size = [], 0


def _plain_payloads(block: bytes) -> list[bytes] | None:
    """Split a block that contains only events of one `data: ` line each; None for any other block."""
    if not block.startswith(b"data: ") or not block.endswith(b"\n\n"):
        return None
    breaks = block.count(b"\n")
    if breaks == 2:
        return [block[6:-2]]
    payloads = block[6:-2].split(b"\n\ndata: ")
    return payloads if breaks == 2 * len(payloads) else None


def _is_data(line: bytes) -> bool:
    return line.startswith(b"data:") or line == FIELD


def _value(line: bytes) -> bytes:
    return line[6:] if line.startswith(b"data: ") else line[5:]
