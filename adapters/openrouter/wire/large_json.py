"""Decodes very large JSON so that other threads can run: a parser holds the interpreter's lock until it is done.

An event is nearly always large because of a single string: an image or a text. Such strings are decoded in pieces, the
rest as usual.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

Loads = Callable[[bytes], object]

VERY_LARGE = 1024 * 1024
LONG = 256 * 1024  # bytes from which a string is decoded in pieces
PIECE = 64 * 1024
AT_ONCE = 32  # pieces by which a string grows
MOST_STRINGS = 4096  # most strings examined; JSON with more of them is not dominated by a few long ones
PLAIN = bytes(sign for sign in range(0x20, 0x7F) if sign not in b'"\\')
ESCAPE = len(rb"\ud83d\ude00")


def load_in_pieces(payload: bytes, loads: Loads) -> object:
    """Return or raise the result of `loads`. Slow for small payloads."""
    spans = _long_strings(payload) if len(payload) >= VERY_LARGE else []
    if not spans:
        return loads(payload)
    mark = uuid4().hex  # placeholder for a long string in the rest; cannot occur in any text
    long_strings: list[str] = []
    rest: list[bytes] = []
    end = 0
    for start, stop in spans:
        long_strings.append(_string(payload, start, stop, loads))
        rest += (payload[end:start], f"{mark}{len(long_strings) - 1}".encode())
        end = stop
    try:
        return _restored(loads(b"".join((*rest, payload[end:]))), mark, long_strings)
    except RecursionError:  # the parser may allow deeper nesting than Python does
        return loads(payload)


def _long_strings(payload: bytes) -> list[tuple[int, int]]:
    """Return (start, end) of each long string, without quotes, among the first MOST_STRINGS strings."""
    spans: list[tuple[int, int]] = []
    position = 0
    for _ in range(MOST_STRINGS):
        start = payload.find(b'"', position) + 1
        if not start:
            return spans
        stop = _closing(payload, start)
        if stop < 0:
            return []
        if stop - start >= LONG:
            spans.append((start, stop))
        position = stop + 1
    return spans


def _closing(payload: bytes, start: int) -> int:
    """Return the place of the quote that ends a string, -1 if none does; each backslash is looked at once."""
    looked, stop = start, payload.find(b'"', start)
    while stop > looked and payload[stop - 1] == ord("\\"):
        first = stop - 1
        while first > looked and payload[first - 1] == ord("\\"):
            first -= 1
        if (stop - first) % 2 == 0:
            break
        looked, stop = stop + 1, payload.find(b'"', stop + 1)
    return stop


def _string(payload: bytes, start: int, stop: int, loads: Loads) -> str:
    if _is_plain(payload, start, stop):
        return str(memoryview(payload)[start:stop], "ascii")
    text, pieces = "", list[Any]()
    while start < stop:
        cut = _cut(payload, start + PIECE, stop)
        pieces.append(loads(b'"%b"' % payload[start:cut]))
        start = cut
        if len(pieces) == AT_ONCE or start == stop:
            text += "".join(pieces)  # it grows in place, by much at once: each time it may have to move
            pieces.clear()
    return text


def _is_plain(payload: bytes, start: int, stop: int) -> bool:
    """Return whether a string is written as it is read, as base64 is: printable ASCII without escapes."""
    return not any(payload[at : min(at + PIECE, stop)].translate(None, PLAIN) for at in range(start, stop, PIECE))


def _cut(payload: bytes, cut: int, stop: int) -> int:
    """Return a position at or after `cut` outside of escapes and multi-byte characters; `stop` if there is none."""
    while cut < stop:
        escape = payload.rfind(b"\\", max(0, cut - ESCAPE), cut)
        if escape < 0 and payload[cut] & 0xC0 != 0x80:
            return cut
        cut = cut + 1 if escape < 0 else escape + ESCAPE + 1
    return stop


def _restored(value: Any, mark: str, long_strings: list[str]) -> Any:
    if isinstance(value, str):
        return long_strings[int(value.removeprefix(mark))] if value.startswith(mark) else value
    if isinstance(value, dict):
        return {
            _restored(key, mark, long_strings): _restored(entry, mark, long_strings) for key, entry in value.items()
        }
    return [_restored(entry, mark, long_strings) for entry in value] if isinstance(value, list) else value
