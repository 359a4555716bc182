"""Base64 of media, read and written in pieces: of a large text at once it would hold the interpreter too long.

Each function works in proportion to the size: offload it for large media.
"""

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

from ports.encoded import GROWTH

LONGEST_HEAD = 512
"""Characters before the comma of a data URL."""
_MARK = ";base64"
_URL_SAFE = str.maketrans("-_", "+/")


class WrongBase64(ValueError):
    """The text is no base64."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a data URL: the declared MIME type with its parameters, and where the base64 begins."""

    mime: str
    start: int


def head_of(text: str) -> Head | None:
    """Return the head of a data URL; None for other texts, and for data URLs that are no base64."""
    head, comma, _ = text[:LONGEST_HEAD].partition(",")
    if not comma or head[:5].lower() != "data:" or not head.lower().endswith(_MARK):
        return None
    return Head(head[5 : -len(_MARK)], len(head) + 1)


def bytes_in(text: str, start: int = 0) -> int:
    """Return how many bytes the base64 of a text stands for, from the length alone: too many by a few, never fewer."""
    return (len(text) - start) * 3 // 4


def decoded(text: str, start: int, piece: int) -> bytes:
    """Return the bytes of the base64 that begins at `start`. Raises WrongBase64.

    Strict: no other characters, and padding only at the end. `piece`: characters that are read at a time.
    """
    if (len(text) - start) % 4:
        raise WrongBase64
    return _bytes_of((text[begin : begin + piece] for begin in range(start, len(text), piece)), bytes_in(text, start))


def decoded_leniently(text: str, start: int, piece: int) -> bytes:
    """Do the same for base64 with white space, with `-` and `_` for `+` and `/`, and with any padding at its end."""
    return _bytes_of(_mended(text, start, piece), bytes_in(text, start))


def _mended(text: str, start: int, piece: int) -> Iterator[str]:
    """Yield base64 as the standard spells it."""
    length, padding = 0, ""
    for begin in range(start, len(text), piece):
        words = padding + "".join(text[begin : begin + piece].split()).translate(_URL_SAFE)
        plain = words.rstrip("=")
        padding = words[len(plain) : len(plain) + 3]  # no text goes on behind so many
        length += len(plain)
        yield plain
    yield "=" * (-length % 4)


def _bytes_of(pieces: Iterable[str], size: int) -> bytes:
    """Decode the pieces of one text, which stand for at most about `size` bytes. Raises WrongBase64."""
    content = BytesIO(bytes(size))  # it hands its bytes out without a copy
    held, ended = "", False
    try:
        for piece in pieces:
            words = held + piece
            whole = len(words) // 4 * 4
            held, words = words[whole:], words[:whole]
            if ended and words:
                raise WrongBase64
            ended = ended or content.write(a2b_base64(words, strict_mode=True)) % 3 > 0
    except (Error, ValueError):
        raise WrongBase64 from None
    if held:
        raise WrongBase64
    content.truncate()
    return content.getvalue()


def encoded(content: bytes, head: str, piece: int) -> str:
    """Return `head` and the base64 of the content.

    The text grows in place, so that nothing but the content and the text is held. `piece`: bytes written at a time.
    """
    text, pieces = head, list[str]()
    step = max(3, piece // 3 * 3)
    view = memoryview(content)
    for begin in range(0, len(view), step):
        pieces.append(b2a_base64(view[begin : begin + step], newline=False).decode("ascii"))
        if len(pieces) * step >= GROWTH or begin + step >= len(view):
            text += "".join(pieces)
            pieces.clear()
    return text
