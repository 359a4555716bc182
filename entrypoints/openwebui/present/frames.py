"""The events of the host's page, and what every presenter of the host is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.egress.links import LinkGate, title_of
from domain.turn.statuses import Status
from domain.turn.steps import Output
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.statuses import is_last, status_words
from ports.toolbox import ToolPage, ToolResult

BELOW = 1_000_000
"""A segment beyond those of the turn: what stands below everything shown."""

LONGEST_EXCERPT = 4000
_LIKE_ADDRESS = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Emit:
    """Goes to the person's sockets through the host's emitter; nothing happens without one."""

    event: dict[str, Any]


Frame = Yield | Emit


class Presenter(Protocol):
    """Translates the outputs of one turn, in order; a pure state machine."""

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece; 0 if it sends only what is new."""
        ...

    def present(self, output: Output) -> Sequence[Frame]:
        """Return the frames of one output; those of `Ended` close the stream."""
        ...


class Unended:
    """Writes one text, piece by piece, inside something that `tag` would end: there the tag is broken up.

    By a space without width before its last letter, since the others may have left with an earlier piece.
    """

    def __init__(self, tag: str) -> None:
        self._tag, self._shown = tag, f"{tag[:-1]}\u200b{tag[-1]}"
        self._before = ""

    def piece(self, text: str) -> str:
        """Return the next piece as it may be shown."""
        before = self._before
        self._before = (before + text)[1 - len(self._tag) :]
        return (before + text).replace(self._tag, self._shown)[len(before) :]


def status(text: str, *, done: bool) -> Emit:
    """Build the event of a status line; without text it only takes away what the line said before."""
    line: dict[str, Any] = {"description": text, "done": done}
    return Emit({"type": "status", "data": line if text else {**line, "hidden": True}})


def status_frame(shown: Status) -> Emit:
    """Build the event of a status of the turn."""
    return status(status_words(shown, VALVES), done=is_last(shown))


def source(url: str, title: str, excerpt: str, links: LinkGate) -> Emit:
    """Build the event of a citation; lists of equal length, as the host wants them.

    One whose address does not pass the gate is listed by its title, without a link. The page tells sources apart by
    `metadata.source`.
    """
    url = links.link(url)
    name = title_of(title, url) or "Source"
    about = {"name": name, "url": url} if url else {"name": name}
    data = {
        "source": about,
        "document": [excerpt[:LONGEST_EXCERPT] or name],
        "metadata": [{"source": url or name, "name": name}],
    }
    return Emit({"type": "source", "data": data})


def found(result: ToolResult, files: list[dict[str, Any]], links: LinkGate) -> list[Frame]:
    """Build the events of what a tool brought beside its text: sources, pictures, files, pages to embed.

    `files` are those of the turn so far: the page shows only the newest list, so each holds all. Pictures and files
    whose address does not pass the gate are not in it: the text names them.
    """
    frames: list[Frame] = [source(one.url, one.title, one.excerpt, links) for one in result.sources]
    pages = [shown for page in result.pages if (shown := _embedded(page, links))]
    before = len(files)
    files += [{"type": "image", "url": url} for url in map(links.picture, result.images) if url]
    files += [
        {"type": "file", "url": url, "name": title_of(file.name, url) or "file"}
        for file in result.files
        if (url := links.file(file.url))
    ]
    if len(files) > before:
        frames.append(Emit({"type": "files", "data": {"files": list(files)}}))
    return [*frames, Emit({"type": "embeds", "data": {"embeds": pages}})] if pages else frames


def _embedded(page: ToolPage, links: LinkGate) -> str:
    """Return what the page shows in a frame: an address, or HTML; the host tells them apart by the beginning."""
    if not page.html:
        return links.link(page.url)
    return f"<!doctype html>{page.html}" if _LIKE_ADDRESS.match(page.html) else page.html
