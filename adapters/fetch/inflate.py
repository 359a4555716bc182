"""Decompresses the body of an answer piece by piece, within a limit: a bomb is noticed long before it is unpacked.

Source: RFC 9110, 8.4.1 (gzip, deflate), RFC 1952 (a gzip file may have several members).
"""

import zlib

from ports.fetcher import HopFailed, HopFlaw

MOST_FROM_ONE = 1032
"""Bytes that one compressed byte can become. Source: RFC 1951."""
SLICE = 1024 * 1024
"""Bytes that are unpacked at a time: larger results are copied while no other thread can run."""
_AUTOMATIC, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_MEMBERS = 100
_HEAD = 2
"""Bytes that tell the formats apart."""


class Inflater:
    """Decompresses one body of at most `limit` bytes; call it off the event loop. Methods raise HopFailed."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._members = 1
        self._unpack = zlib.decompressobj(_AUTOMATIC)
        self._begun = False
        self._held = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """Return what a piece of the body becomes."""
        found: list[bytes] = []
        piece, self._held = self._held + piece, b""
        if not self._begun and len(piece) < _HEAD:
            self._held, piece = piece, b""
        while piece:
            if self._unpack.eof:
                self._next_member()
            found.append(self._unpacked(piece))
            piece = self._unpack.unused_data if self._unpack.eof else self._unpack.unconsumed_tail
        return found

    def finish(self) -> None:
        """Check that the body was complete."""
        if not self._unpack.eof:
            raise HopFailed(HopFlaw.UNREADABLE, "compressed data is cut off")

    def _unpacked(self, piece: bytes) -> bytes:
        try:
            out = self._unpack.decompress(piece, min(self._left + 1, SLICE))
        except zlib.error:
            out = self._unpacked_raw(piece)
        self._begun = True
        self._left -= len(out)
        if self._left < 0:
            raise HopFailed(HopFlaw.TOO_LARGE, "once decompressed")
        return out

    def _unpacked_raw(self, piece: bytes) -> bytes:
        """Read `deflate` without its header, which some servers send."""
        if self._begun:
            raise HopFailed(HopFlaw.UNREADABLE, "compressed data is damaged")
        self._unpack = zlib.decompressobj(_RAW)
        try:
            return self._unpack.decompress(piece, min(self._left + 1, SLICE))
        except zlib.error:
            raise HopFailed(HopFlaw.UNREADABLE, "no compressed data") from None

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MEMBERS:
            raise HopFailed(HopFlaw.UNREADABLE, "compressed data has too many members")
        self._unpack = zlib.decompressobj(_AUTOMATIC)


def inflater_for(encoding: str, limit: int) -> Inflater | None:
    """Return what decompresses a body with a `Content-Encoding`, None if it is not compressed. Raises HopFailed."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return None
    if name not in ("gzip", "x-gzip", "deflate"):
        raise HopFailed(HopFlaw.UNREADABLE, "compressed in a way that was not asked for")
    return Inflater(limit)
