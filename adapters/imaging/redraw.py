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
_SVG = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<svg\b", re.DOTALL)
_COSTLY = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)|<(?:\w+:)?(?:use|image|pattern|filter|mask|marker|foreignObject|script|style)\b|url\s*\(\s*['\"]?[^#'\")\s]",
    re.IGNORECASE,
)
"""What multiplies work or loads something: entities, copies, pictures, patterns, foreign addresses."""


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
        return _drawn(content, pixels) if _SVG.match(content) else b""
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
    if len(content) > LONGEST_SVG or _COSTLY.search(content):
        return b""
    from cairosvg.surface import PNGSurface  # its shorter functions take no `url_fetcher`

    drawn: bytes = PNGSurface.convert(content, output_width=pixels, output_height=pixels, url_fetcher=_refused)
    return drawn


def _refused(*_asked: Any, **_named: Any) -> bytes:
    """Load nothing: a picture of a stranger names no other files."""
    raise PermissionError
