"""Which bytes are a picture: the kinds that pages and models show, recognised by their first bytes.

SVG is none of them: it can contain scripts. Source of the first bytes: the formats' specifications.
"""

from base64 import b64decode
from binascii import Error

LONGEST_PICTURE = 20 * 1024 * 1024
"""Most characters of one picture as a data URL."""

_STARTS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
_DECLARED = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
KINDS = frozenset(_DECLARED.values())
"""The kinds by the names that `picture_kind` gives them."""
_UNDECLARED = ("", "image/*")
_HEAD = 32
"""Base64 characters that hold all first bytes."""
_PADDINGS = (b"", b"=", b"==")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def picture_kind(content: bytes) -> str:
    """Return `png`, `jpeg`, `gif` or `webp`; "" for bytes that are no picture."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for start, kind in _STARTS.items() if content.startswith(start)), "")


def picture_data(mime: str, encoded: str) -> str:
    """Return base64 text as the data URL of a picture; "" unless its bytes are of the kind `mime` declares.

    `mime` may be "" or `image/*`: then the bytes alone decide. Up to LONGEST_PICTURE characters.
    """
    kind = encoded_picture_kind(mime, encoded)
    return f"data:image/{kind};base64,{encoded}" if kind else ""


def encoded_picture_kind(mime: str, encoded: str) -> str:
    """Return the kind of a picture in base64; "" unless it is the declared one, as in `picture_data`.

    Copies as little as it can: about 2 ms per MiB, on the loop.
    """
    if not encoded or len(encoded) > LONGEST_PICTURE or len(encoded) % 4 or not encoded.isascii():
        return ""
    try:
        kind = picture_kind(b64decode(encoded[:_HEAD], validate=True))
    except Error:
        return ""
    declared = mime.strip().lower()
    if not kind or (declared not in _UNDECLARED and _DECLARED.get(declared) != kind):
        return ""
    foreign = encoded.encode().translate(None, _ALPHABET)
    return kind if foreign in _PADDINGS and encoded.endswith(foreign.decode()) else ""
