"""Which bytes are a picture: the kinds that pages and models show, recognised by their first bytes.

SVG is none of them: it can contain scripts. Source of the first bytes: the formats' specifications.
"""

from base64 import b64decode
from dataclasses import dataclass, field

from ports.encoded import GROWTH, declared_in, decoded, digest_of, is_encoded

LONGEST_PICTURE = 20 * 1024 * 1024
"""Most characters of one picture as a data URL."""

_STARTS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF87a": "gif", b"GIF89a": "gif"}
_DECLARED = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
KINDS = frozenset(_DECLARED.values())
"""The kinds by the names that `picture_kind` gives them."""
_UNDECLARED = ("", "image/*")
_HEAD = 32
"""Base64 characters that hold all first bytes."""


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A picture in base64: `text` from `start` on, which was read to its end. `digest` is the same for equal pictures.

    `kind` as in `picture_kind`.
    """

    kind: str
    digest: str
    start: int
    text: str = field(repr=False)

    @property
    def size(self) -> int:
        """The characters of its base64."""
        return len(self.text) - self.start

    def data_url(self) -> str:
        """Return it as a data URL of its kind: the text itself, or a copy. For a thread, as it may be megabytes."""
        url = f"data:image/{self.kind};base64,"
        if self.start == len(url) and self.text.startswith(url):
            return self.text
        for at in range(self.start, len(self.text), GROWTH):
            url += self.text[at : at + GROWTH]  # it grows in place
        return url

    def content(self) -> bytes:
        """Return its bytes. For a thread: about 3 ms per MiB."""
        return decoded(self.text, self.start)


def read_picture(text: str, longest: int = LONGEST_PICTURE) -> EncodedPicture | None:
    """Return the picture that a data URL or bare base64 of up to `longest` characters is; None if it is none.

    For a thread: about 2 ms per MiB.
    """
    mime, start = declared_in(text) if text.startswith("data:") else ("", 0)
    kind = encoded_picture_kind(mime, text, start, longest)
    return EncodedPicture(kind, digest_of(text, start), start, text) if kind else None


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


def encoded_picture_kind(mime: str, text: str, start: int = 0, longest: int = LONGEST_PICTURE) -> str:
    """Return the kind of a picture in base64, `text` from `start` on; "" unless it is the declared one.

    `mime` as in `picture_data`. About 1 ms per MiB.
    """
    if len(text) > longest:
        return ""
    try:
        kind = picture_kind(b64decode(text[start : start + _HEAD], validate=True))
    except ValueError:
        return ""
    declared = mime.strip().lower()
    if not kind or (declared not in _UNDECLARED and _DECLARED.get(declared) != kind):
        return ""
    return kind if is_encoded(text, start) else ""
