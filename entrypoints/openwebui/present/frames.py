"""The events of the host's page, and what every presenter of the host is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.turn.statuses import Status
from domain.turn.steps import Output
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.statuses import is_last, status_words
from ports.toolbox import ToolResult

BELOW = 1_000_000
"""A segment beyond those of the turn: what stands below everything shown."""


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


def source(url: str, title: str, excerpt: str) -> Emit:
    """Build the event of a citation; lists of equal length, as the host wants them."""
    data = {
        "source": {"name": title, "url": url},
        "document": [excerpt or title],
        "metadata": [{"source": url, "name": title}],
    }
    return Emit({"type": "source", "data": data})


def found(result: ToolResult, files: list[dict[str, Any]]) -> list[Frame]:
    """Build the events of what a tool brought beside its text: sources, pictures, files, pages to embed.

    `files` are those of the turn so far: the page shows only the newest list, so each holds all.
    """
    frames: list[Frame] = [source(one.url, one.title, one.excerpt) for one in result.sources]
    pages = [file.url for file in result.files if file.mime == "text/html"]
    before = len(files)
    files += [{"type": "image", "url": url} for url in result.images]
    files += [
        {"type": "file", "url": file.url, "name": file.name or "file"}
        for file in result.files
        if file.mime != "text/html"
    ]
    if len(files) > before:
        frames.append(Emit({"type": "files", "data": {"files": list(files)}}))
    return [*frames, Emit({"type": "embeds", "data": {"embeds": pages}})] if pages else frames
