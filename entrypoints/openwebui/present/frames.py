"""The page events and the interface that all presenters of this host share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.egress.links import LinkGate, title_of
from domain.turn.statuses import Status
from domain.turn.steps import Output
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.escaping import unfenced
from entrypoints.sentences.statuses import is_last, status_words
from entrypoints.sentences.vocabulary import Vocabulary
from ports.toolbox import ToolFile, ToolPage, ToolResult

BELOW = 1_000_000
"""A segment number above those of the turn: for what is shown below everything else."""

LONGEST_EXCERPT = 4000
RESULT_SHOWN = 2000
"""Characters of a result that a page shows: hosts up to 0.10 send it again with every piece of text."""
_HOST_FILE = re.compile(r"(/api/v1/files/([\w-]{1,64}))(?:/content)?", re.ASCII)
_LIKE_ADDRESS = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Emit:
    """An event for the person's page, sent through the host's emitter; ignored without an emitter."""

    event: dict[str, Any]


Frame = Yield | Emit


class Presenter(Protocol):
    """Renders the outputs of one turn, in order; a pure state machine."""

    @property
    def repeated(self) -> int:
        """Characters the host sends again with every piece; 0 if it sends only new text."""
        ...

    def present(self, output: Output) -> Sequence[Frame]:
        """Return the frames of one output; the frames of `Ended` close the stream."""
        ...


class Unended:
    """Writes a text piece by piece inside a block that `tag` would end, and breaks up every such tag in the text.

    It inserts a zero-width space before the last letter of the tag, since the earlier letters may already be sent.
    """

    def __init__(self, tag: str) -> None:
        self._tag, self._shown = tag, f"{tag[:-1]}\u200b{tag[-1]}"
        self._before = ""

    def piece(self, text: str) -> str:
        """Return the next piece, safe to show."""
        before = self._before
        self._before = (before + text)[1 - len(self._tag) :]
        return (before + text).replace(self._tag, self._shown)[len(before) :]


def status(text: str, *, done: bool) -> Emit:
    """Build a status event; an empty text removes the status line."""
    line: dict[str, Any] = {"description": text, "done": done}
    return Emit({"type": "status", "data": line if text else {**line, "hidden": True}})


def status_frame(shown: Status, vocabulary: Vocabulary) -> Emit:
    """Build the event for a status of the turn."""
    return status(status_words(shown, vocabulary), done=is_last(shown))


def source(url: str, title: str, excerpt: str, links: LinkGate, vocabulary: Vocabulary = PAGE) -> Emit:
    """Build a citation event; the host requires lists of equal length.

    A source whose address does not pass the gate is listed by its title, without a link. The page identifies sources by
    `metadata.source`.
    """
    url = links.link(url)
    name = title_of(title, url) or vocabulary.say("Source")
    about = {"name": name, "url": url} if url else {"name": name}
    data = {
        "source": about,
        "document": [excerpt[:LONGEST_EXCERPT] or name],
        "metadata": [{"source": url or name, "name": name}],
    }
    return Emit({"type": "source", "data": data})


def shown_result(text: str) -> str:
    """Return a result as pages show it inside a fence of their own: its beginning."""
    return unfenced(text if len(text) <= RESULT_SHOWN else text[:RESULT_SHOWN] + "\u2026")


def found(
    result: ToolResult,
    files: list[dict[str, Any]],
    links: LinkGate,
    *,
    by_id: bool = True,
    vocabulary: Vocabulary = PAGE,
) -> list[Frame]:
    """Build the events for what a tool returned besides its text: sources, images, files, embedded pages.

    `files` holds all files of the turn so far, because the page shows only the newest list. Pictures and files whose
    address does not pass the gate are left out; the text names them. `by_id`: the page opens files of the host by id.
    """
    frames: list[Frame] = [source(one.url, one.title, one.excerpt, links, vocabulary) for one in result.sources]
    pages = [shown for page in result.pages if (shown := _embedded(page, links))]
    images = [{"type": "image", "url": url} for url in map(links.picture, result.images) if url]
    others = [
        _listed(file, url, by_id=by_id, vocabulary=vocabulary) for file in result.files if (url := links.file(file.url))
    ]
    before = len(files)
    files += [file for file in (*images, *others) if file not in files]
    if len(files) > before:
        frames.append(Emit({"type": "files", "data": {"files": list(files)}}))
    return [*frames, Emit({"type": "embeds", "data": {"embeds": pages}})] if pages else frames


def _listed(file: ToolFile, url: str, *, by_id: bool, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return a file as the page lists it: one of the host with its id, of which the page itself makes the address.

    Source: the pages' lists of files, 0.6.28 to 0.12.4.
    """
    if file.mime.startswith("image/") and url.startswith("/"):
        return {"type": "image", "url": url}
    name = title_of(file.name, url) or vocabulary.say("file")
    own = _HOST_FILE.fullmatch(url)
    if own is None:
        return {"type": "file", "url": url, "name": name}
    return {"type": "file", "id": own[2], "url": own[2] if by_id else own[1], "name": name}


def _embedded(page: ToolPage, links: LinkGate) -> str:
    """Return what the page shows in a frame: an address, or HTML; the host tells them apart by the beginning."""
    if not page.html:
        return links.link(page.url)
    return f"<!doctype html>{page.html}" if _LIKE_ADDRESS.match(page.html) else page.html
