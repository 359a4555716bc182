"""Collects images, files, pages and sources from a tool result, all counted and bounded.

Pictures and files of well-known types are taken out of data; pages are those that the tool marked. Which addresses may
be shown is judged by the core.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from ports.encoded import is_encoded
from ports.pictures import picture_data, picture_kind
from ports.toolbox import ToolFile, ToolPage, ToolSource

MOST_IMAGES, MOST_FILES, MOST_SOURCES = 8, 16, 15
MOST_BYTES = 20 * 1024 * 1024
"""Most characters of all images (as data URLs), files and pages of one result."""

FILES = {
    "application/json": "json",
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "text/csv": "csv",
    "text/markdown": "md",
    "text/plain": "txt",
    "video/mp4": "mp4",
}
"""The types of files that are stored, and their endings: none that a browser would run."""

LONGEST_ADDRESS, LONGEST_TITLE, LONGEST_EXCERPT = 2048, 200, 500
_DATA = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,")
_ADDRESS = re.compile(r"https?://\S+")
_ADDRESSES = ("url", "link", "href", "source", "uri")
_TITLES = ("title", "name")
_EXCERPTS = ("snippet", "excerpt", "description", "summary", "content", "text")


class Findings:
    """Collects the media and sources of one result; what exceeds a bound is left out and named in the text."""

    def __init__(self) -> None:
        self.images: list[str] = []
        self.files: list[ToolFile] = []
        self.pages: list[ToolPage] = []
        self.sources: dict[str, ToolSource] = {}
        self._bytes = 0

    def image(self, url: str) -> str:
        """Add an image (https, or a data URL made by `picture_data`); return its placeholder text."""
        if len(self.images) >= MOST_IMAGES or not self._fits(url):
            return "[image left out: too many or too large]"
        self.images.append(url)
        return f"[image {len(self.images)}]"

    def file(self, url: str, name: str = "", mime: str = "") -> str:
        """Add a file to show by its address; return its placeholder text."""
        words = " ".join(part for part in ("file", name, mime) if part)
        if len(self.files) >= MOST_FILES or not self._fits(url):
            return f"[{words} left out: too many or too large]"
        self.files.append(ToolFile(url, name, mime))
        return f"[{words}]"

    def data(self, mime: str, encoded: str, name: str = "") -> str:
        """Add base64 data: a picture of the kind `mime` declares, or a file of a type in FILES; return its text."""
        if url := picture_data(mime, encoded):
            return self.image(url)
        ending = FILES.get(mime.lower(), "")
        if ending and len(encoded) <= MOST_BYTES and is_encoded(encoded):
            return self.file(f"data:{mime.lower()};base64,{encoded}", name or f"file.{ending}", mime)
        words = " ".join(part for part in ("image" if mime.startswith("image/") else "file", name, mime) if part)
        return f"[{words} left out: neither a picture that is shown nor a file that is stored]"

    def page(self, page: ToolPage) -> bool:
        """Add a page that the tool marked to be shown; return whether it fits."""
        fits = len(self.pages) < MOST_FILES and self._fits(page.html or page.url)
        if fits:
            self.pages.append(page)
        return fits

    def raw(self, content: bytes) -> str:
        """Return bytes as text if they decode; otherwise add them as an image or file."""
        try:
            return content.decode()
        except UnicodeDecodeError:
            mime = f"image/{kind}" if (kind := picture_kind(content)) else _mime(content)
            return self.data(mime, base64.b64encode(content).decode() if len(content) < MOST_BYTES else "")

    def data_url(self, text: str) -> str | None:
        """Return the placeholder of a text that is one whole data URL; None if it is not. Pictures are added."""
        if not text.startswith("data:") or (found := _DATA.match(text)) is None or " " in text:
            return None
        return self.data(found["mime"] or "text/plain", text[found.end() :])

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
    """Return whether a text looks like an address of the web."""
    return len(url) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(url) is not None


def _first(entry: Mapping[Any, Any], names: tuple[str, ...], longest: int) -> str:
    values = (entry.get(name) for name in names)
    return next((value.strip()[:longest] for value in values if isinstance(value, str) and value.strip()), "")


def _mime(content: bytes) -> str:
    return "application/pdf" if content.startswith(b"%PDF") else "application/octet-stream"
