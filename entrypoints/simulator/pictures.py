"""Generate valid PNG files of a given size without an imaging library."""

import struct
import zlib
from base64 import b64encode
from functools import cache
from hashlib import sha256


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tinted_png_base64(source: bytes, side: int = 16) -> str:
    """Return a square of one colour, which is made of `source`: other bytes give another picture."""
    colour = sha256(source).digest()[:3]
    return b64encode(_png(side, colour * side)).decode()


def _png(side: int, row: bytes) -> bytes:
    """Return a square in which all rows are equal; a row has three bytes for each pixel."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    pixels = zlib.compress((b"\x00" + row) * side, level=0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


@cache
def png_base64(side: int) -> str:
    """Return a square colour ramp of `side` pixels, uncompressed, as about 4 x side^2 characters of base64."""
    ramp = bytes(channel for x in range(side) for channel in (x & 255, (x >> 2) & 255, 128))
    return b64encode(_png(side, ramp)).decode()
