"""Base64 of megabytes, alone or in a data URL: read and written in pieces.

So that in a thread it never holds others up for long, and so that nothing is copied as a whole that need not be. Each
function works in proportion to the size: about 0.5 ms per MiB for a digest, 1 ms to check, 3 ms to decode.
"""

from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

GROWTH = 1024 * 1024
"""Characters by which a large text grows: by much at once, because each time it may have to move."""
PIECE = 128 * 1024
"""Characters read at a time, unless the caller says otherwise; a multiple of 4."""
LONGEST_HEAD = 512
"""Characters before the comma of a data URL."""
_PADDINGS = (b"", b"=", b"==")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
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


def declared_in(url: str) -> tuple[str, int]:
    """Return the type that a data URL declares, without parameters, and where its base64 begins.

    For any other text that is "" and the end of the text.
    """
    head = head_of(url)
    return (head.mime.partition(";")[0], head.start) if head is not None else ("", len(url))


def is_encoded(text: str, start: int = 0) -> bool:
    """Return whether a text from `start` on is base64 of at least one byte, and nothing else."""
    if len(text) <= start or (len(text) - start) % 4 or not text.isascii():
        return False
    foreign = b"".join(piece.encode().translate(None, _ALPHABET)[:3] for piece in _pieces(text, start))
    return foreign in _PADDINGS and text.endswith(foreign.decode())


def digest_of(text: str, start: int = 0) -> str:
    """Return a digest of a text from `start` on."""
    digest = sha256()
    for piece in _pieces(text, start):
        digest.update(piece.encode())
    return digest.hexdigest()


def bytes_in(text: str, start: int = 0) -> int:
    """Return how many bytes the base64 of a text stands for, from the length alone: too many by a few, never fewer."""
    return (len(text) - start) * 3 // 4


def decoded(text: str, start: int = 0, piece: int = PIECE) -> bytes:
    """Return the bytes of the base64 that begins at `start`. Raises WrongBase64.

    Strict: no other characters, and padding only at the end. `piece`: characters that are read at a time.
    """
    if (len(text) - start) % 4:
        raise WrongBase64
    return _bytes_of(_pieces(text, start, piece), bytes_in(text, start))


def decoded_leniently(text: str, start: int, piece: int) -> bytes:
    """Do the same for base64 with white space, with `-` and `_` for `+` and `/`, and with any padding at its end."""
    return _bytes_of(_mended(text, start, piece), bytes_in(text, start))


def _mended(text: str, start: int, piece: int) -> Iterator[str]:
    """Yield base64 as the standard spells it."""
    length, padding = 0, ""
    for one in _pieces(text, start, piece):
        words = padding + "".join(one.split()).translate(_URL_SAFE)
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


def _pieces(text: str, start: int, piece: int = PIECE) -> Iterator[str]:
    return (text[at : at + piece] for at in range(start, len(text), piece))
