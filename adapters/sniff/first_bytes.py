"""The kinds that upstream takes, and those that people mistake for them, by their first bytes.

Source of the first bytes: the formats' specifications.
"""

from ports.pictures import picture_kind

_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\0\0\1\xb3", "video/mpeg"),
)
_BRANDS = {
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
}
"""Brands of the ISO base media format; all others are video."""
_QUICKTIME = (b"moov", b"mdat", b"wide")
_MATROSKA, _WEBM = b"\x1a\x45\xdf\xa3", b"webm"
_LAYER_3 = 1


class FirstBytes:
    """Implements Sniffer for pictures, PDF, MP3, WAV and videos."""

    def mime(self, content: bytes, name: str) -> str:
        """Return the MIME type, "" for other kinds. The name does not count."""
        head = bytes(content[:64])
        if kind := picture_kind(head):
            return f"image/{kind}"
        if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
            return "audio/wav"
        if head[4:8] == b"ftyp":
            return _BRANDS.get(head[8:12], "video/mp4")
        if head[4:8] in _QUICKTIME:
            return "video/quicktime"
        if head[:4] == _MATROSKA:
            return "video/webm" if _WEBM in head else "video/x-matroska"
        if _is_frame(head):
            return "audio/mpeg"
        return next((kind for start, kind in _STARTS if head.startswith(start)), "")


def _is_frame(head: bytes) -> bool:
    """Return whether bytes begin with a frame of MPEG audio, layer III: sync, version, layer, bit rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4
    return version != 1 and layer == _LAYER_3 and rate not in (0, 15)
