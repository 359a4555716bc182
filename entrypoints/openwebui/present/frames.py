"""The wire shapes the presenters share."""

from dataclasses import dataclass
from typing import Any, Protocol

from domain.turn.steps import Output
from ports.toolbox import ToolResult
from ports.usage import Usage

BELOW = 1_000_000
"""A segment beyond those of the turn: what stands below everything shown."""


@dataclass(frozen=True, slots=True)
class Yield:
    """Goes out of the generator: a dict is a chunk, a string is passed on verbatim."""

    payload: dict[str, Any] | str


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

    def present(self, output: Output) -> list[Frame]:
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


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """The fields every chunk of one reply shares: `created` in unix seconds."""

    id: str
    model: str
    created: int


def chunk(head: ChunkHead, delta: dict[str, Any], finish_reason: str | None = None) -> Yield:
    """Build a chat completion chunk."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return Yield(
        {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "choices": [choice],
        }
    )


def usage_chunk(head: ChunkHead, usage: Usage) -> Yield:
    """Build the chunk that carries the usage and no choice."""
    return Yield(
        {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "choices": [],
            "usage": chat_usage(usage),
        }
    )


def chat_usage(usage: Usage) -> dict[str, Any]:
    """Spell a usage as chat completions do; `cost` in USD."""
    spelled: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    return spelled if usage.cost is None else {**spelled, "cost": float(usage.cost)}


def responses_usage(usage: Usage) -> dict[str, Any]:
    """Spell a usage as the Responses API does; `cost` in USD."""
    spelled: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    return spelled if usage.cost is None else {**spelled, "cost": float(usage.cost)}


def status(text: str, *, done: bool) -> Emit:
    """Build the event of a status line; without text it only takes away what the line said before."""
    line: dict[str, Any] = {"description": text, "done": done}
    return Emit({"type": "status", "data": line if text else {**line, "hidden": True}})


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


def tool_call_delta(position: int, call_id: str, name: str, arguments: str) -> dict[str, Any]:
    """Build the delta that hands one tool call over, complete."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": position, "id": call_id, "type": "function", "function": function}]}
