"""Collects images, files and sources from a tool result, all counted and bounded."""

import base64
import re
from collections.abc import Mapping
from typing import Any

from ports.toolbox import ToolFile, ToolSource

MOST_IMAGES, MOST_FILES, MOST_SOURCES = 8, 16, 15
MOST_BYTES = 20 * 1024 * 1024
"""Most characters of all images and files of one result, as data URLs."""

LONGEST_ADDRESS, LONGEST_TITLE, LONGEST_EXCERPT = 2048, 200, 500
_DATA = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,")
_ADDRESS = re.compile(r"https://[^\s\"'<>\\^`{|}]+")
_ADDRESSES = ("url", "link", "href", "source", "uri")
_TITLES = ("title", "name")
_EXCERPTS = ("snippet", "excerpt", "description", "summary", "content", "text")


class Findings:
    """Collects the media and sources of one result; what exceeds a bound is left out and named in the text."""

    def __init__(self) -> None:
        self.images: list[str] = []
        self.files: list[ToolFile] = []
        self.sources: dict[str, ToolSource] = {}
        self._bytes = 0

    def image(self, url: str) -> str:
        """Add an image (https or data URL); return its placeholder text."""
        if len(self.images) >= MOST_IMAGES or not self._fits(url):
            return "[image left out: too many or too large]"
        self.images.append(url)
        return f"[image {len(self.images)}]"

    def file(self, url: str, name: str = "", mime: str = "") -> str:
        """Add a file to show; return its placeholder text."""
        words = " ".join(part for part in ("file", name, mime) if part)
        if len(self.files) >= MOST_FILES or not self._fits(url):
            return f"[{words} left out: too many or too large]"
        self.files.append(ToolFile(url, name, mime))
        return f"[{words}]"

    def data(self, mime: str, encoded: str, name: str = "") -> str:
        """Add base64 data: as an image if `mime` is an image type, else as a file."""
        url = f"data:{mime or 'application/octet-stream'};base64,{encoded}"
        return self.image(url) if mime.startswith("image/") else self.file(url, name, mime)

    def raw(self, content: bytes) -> str:
        """Return bytes as text if they decode; otherwise add them as an image or file."""
        try:
            return content.decode()
        except UnicodeDecodeError:
            return self.data(_mime(content), base64.b64encode(content).decode() if len(content) < MOST_BYTES else "")

    def data_url(self, text: str) -> str | None:
        """Add a text that is one whole data URL; return None if it is not."""
        if not text.startswith("data:") or (found := _DATA.match(text)) is None or " " in text:
            return None
        return self.data(found["mime"] or "", text[found.end() :])

    def note(self, entry: Mapping[Any, Any]) -> None:
        """Add an entry with an address and a title or excerpt as a source, each address once."""
        if len(self.sources) >= MOST_SOURCES:
            return
        url = _first(entry, _ADDRESSES, LONGEST_ADDRESS + 1)
        title, excerpt = _first(entry, _TITLES, LONGEST_TITLE), _first(entry, _EXCERPTS, LONGEST_EXCERPT)
        if (title or excerpt) and is_address(url):
            self.sources.setdefault(url, ToolSource(url, title or url, excerpt))

    def _fits(self, url: str) -> bool:
        self._bytes += len(url)
        return bool(url) and not url.endswith("base64,") and self._bytes <= MOST_BYTES


def is_address(url: str) -> bool:
    """Return whether a text is an https address that a user can open."""
    return len(url) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(url) is not None


def _first(entry: Mapping[Any, Any], names: tuple[str, ...], longest: int) -> str:
    values = (entry.get(name) for name in names)
    return next((value.strip()[:longest] for value in values if isinstance(value, str) and value.strip()), "")


def _mime(content: bytes) -> str:
    starts = {
        b"\x89PNG\r\n": "image/png",
        b"\xff\xd8\xff": "image/jpeg",
        b"GIF8": "image/gif",
        b"%PDF": "application/pdf",
    }
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for start, mime in starts.items() if content.startswith(start)), "")
