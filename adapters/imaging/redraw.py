"""Redraws icons in a thread. Both libraries are optional, and both are given as little as possible."""

import re
from functools import partial
from io import BytesIO
from typing import Any

from ports.offload import LARGE, Offload
from ports.pictures import picture_kind

MOST_PIXELS = 4096 * 4096
LONGEST_SVG = 128 * 1024
_KINDS = ("PNG", "JPEG", "GIF", "WEBP")
_SVG = re.compile(rb"<svg\b")
_BEFORE_SVG = {b"\xef\xbb\xbf": b"", b"<?xml": b">", b"<!--": b"-->"}
"""What may stand before the first element, and how each of it ends."""
_COSTLY = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)"
    rb"|<(?:\w+:)?(?:use|image|pattern|filter|mask|marker|foreignObject|script|style|tref)\b"
    rb"|stroke-dasharray|url\s*\(\s*['\"]?[^#'\")\s]|&#|\\",
    re.IGNORECASE,
)
"""What multiplies work or loads something: entities, copies, pictures, patterns, dashes, foreign addresses.

Also letters written as numbers or escapes, which hide such names.
"""
_CLIP = re.compile(rb"clip-path", re.IGNORECASE)
MOST_CLIPS = 8
"""Shapes are drawn again for each use as a clip, those that clip a clip once more: more uses may take for ever."""


class LibraryPictures:
    """Implements IconPictures with Pillow and CairoSVG."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload

    async def png(self, content: bytes, pixels: int) -> bytes:
        """Return a picture as a small PNG, b"" for none."""
        return await self._offload.run(partial(_redrawn, content, pixels), size=max(len(content), LARGE))


def _redrawn(content: bytes, pixels: int) -> bytes:
    try:
        if picture_kind(content):
            return _shrunk(content, pixels)
        return _drawn(content, pixels) if len(content) <= LONGEST_SVG and _is_svg(content) else b""
    except Exception:  # noqa: BLE001 - the edge of two libraries that read bytes of strangers
        return b""


def _shrunk(content: bytes, pixels: int) -> bytes:
    from PIL import Image

    with Image.open(BytesIO(content), formats=_KINDS) as image:
        if image.width * image.height > MOST_PIXELS:
            return b""
        image.draft("RGB", (pixels, pixels))
        small = image.convert("RGBA")
    small.thumbnail((pixels, pixels))
    out = BytesIO()
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def _drawn(content: bytes, pixels: int) -> bytes:
    if _COSTLY.search(content) or len(_CLIP.findall(content)) > MOST_CLIPS:
        return b""
    from cairosvg.surface import PNGSurface  # its shorter functions take no `url_fetcher`

    drawn: bytes = PNGSurface.convert(content, output_width=pixels, output_height=pixels, url_fetcher=_refused)
    return drawn


def _is_svg(content: bytes) -> bool:
    """Return whether the first element is an SVG. Every byte is read once: a pattern for all of it takes for ever."""
    at = 0
    while True:
        while content[at : at + 1].isspace():
            at += 1
        opening = next((one for one in _BEFORE_SVG if content.startswith(one, at)), None)
        if opening is None:
            return _SVG.match(content, at) is not None
        end = content.find(_BEFORE_SVG[opening], at + len(opening))
        if end < 0:
            return False
        at = end + len(_BEFORE_SVG[opening])


def _refused(*_asked: Any, **_named: Any) -> bytes:
    """Load nothing: a picture of a stranger names no other files."""
    raise PermissionError
