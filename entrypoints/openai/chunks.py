"""Render outputs as plain chat completion chunks, with only the fields that every OpenAI client understands."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from domain.egress.links import EVERY_HTTPS, LinkGate
from domain.turn.steps import (
    CloseReasoning,
    End,
    Ended,
    HandOverCall,
    Output,
    ShowCall,
    ShowCallResult,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowReasoning,
    ShowRefusal,
    ShowServerTool,
    ShowStatus,
    ShowText,
)
from entrypoints.openai.errors import error_object
from entrypoints.openai.found_sources import FoundSources
from entrypoints.openai.frames import (
    PICTURE,
    PIECE,
    ChunkHead,
    Yield,
    chunk,
    decodable,
    finish_reason,
    function_call_delta,
    tool_call_delta,
    url_citation,
    usage_chunk,
    usage_object,
)
from entrypoints.openai.wanted import USUAL, Wanted
from entrypoints.sentences.escaping import picture_pieces
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

DONE = "data: [DONE]"


class ChunkPresenter:
    """Renders content, reasoning, annotations, tool calls, finish and usage; the first delta carries the role.

    `own_done`: the presenter ends the stream with `[DONE]`, because the host does not. An error is a chunk with an
    error object; only the end of the stream follows it. `write_text` writes a chunk of plain text at once, without
    building it. `vocabulary` names the settings. `links`: which addresses may be shown. `wanted`: what the client asked
    for; the last chunk carries the usage if upstream reported it or it is known what was paid.
    """

    repeated = 0

    def __init__(
        self,
        head: ChunkHead,
        *,
        own_done: bool,
        write_text: Callable[[str], dict[str, Any] | str] | None = None,
        vocabulary: Vocabulary = NEUTRAL,
        links: LinkGate = EVERY_HTTPS,
        wanted: Wanted = USUAL,
    ) -> None:
        self._head, self._own_done, self._write_text, self._vocabulary = head, own_done, write_text, vocabulary
        self._links, self._wanted = links, wanted
        self._text_segment: int | None = None
        self._thought_segment: int | None = None
        self._parted = False  # places in later texts count from their own beginning
        self._begun = False
        self._called = ""  # the function called in the older form, of which an answer has one
        self._sources = FoundSources()

    def plain(self, output: ShowText) -> dict[str, Any] | str | None:
        """Return the chunk of a text that goes on with the one before, as nearly all do; None for any other."""
        if self._write_text is None or output.segment != self._text_segment:
            return None
        return self._write_text(output.text)

    def present(self, output: Output) -> Iterable[Yield]:
        """Render one output as zero or more chunks; those of a picture are written one by one, as they are read."""
        match output:
            case ShowRefusal() if self._wanted.refusals:
                return [self._delta({"refusal": output.text})]
            case ShowText(segment, text):
                return [self._content(self._apart(segment, text))]
            case ShowReasoning() if not self._wanted.reasoning:
                return []
            case ShowReasoning(segment, text):
                if self._thought_segment not in (None, segment):
                    text = "\n\n" + text
                self._thought_segment = segment
                return [self._delta({"reasoning_content": text})]
            case ShowImage(segment):
                parting, self._text_segment = self._apart(segment, ""), PICTURE
                pieces = picture_pieces(output, self._links, PIECE, self._vocabulary)
                return (self._content(piece) for piece in chain((parting,) if parting else (), pieces))
            case ShowCitation(url, title, _, place):
                self._sources.cite(url)
                place = (0, 0) if self._parted else place
                return [self._delta({"annotations": [url_citation(url, title, self._links, place)]})]
            case HandOverCall(_, call) if self._wanted.older(call):
                first, self._called = not self._called, self._called or call.name
                return [self._delta(function_call_delta(call))] if first else []
            case HandOverCall(position, call):
                return [self._delta(tool_call_delta(position, call))]
            case Ended(end):
                return self._close(end)
            case ShowLogprobs(_, tokens):
                return [chunk(self._head, {}, logprobs=decodable(tokens))] if self._wanted.logprobs else []
            case ShowServerTool(_, report):
                self._sources.find(report.sources)
                return []
            case CloseReasoning() | ShowStatus() | ShowCall() | ShowCallResult():
                return []

    def _content(self, text: str) -> Yield:
        if self._begun and self._write_text is not None:
            return Yield(self._write_text(text))
        return self._delta({"content": text})

    def _delta(self, delta: dict[str, Any], finish_reason: str | None = None) -> Yield:
        """Build a chunk; the first one carries the role, because clients that assemble the message read it there."""
        if not self._begun:
            self._begun = True
            delta = {"role": "assistant", **delta}
        return chunk(self._head, delta, finish_reason)

    def _apart(self, segment: int, text: str) -> str:
        """Return `text`, after an empty line if it begins a new segment."""
        if self._text_segment not in (None, segment):
            self._parted, text = True, "\n\n" + text
        self._text_segment = segment
        return text

    def _close(self, end: End) -> list[Yield]:
        left = [url_citation(one.url, one.title, self._links) for one in self._sources.left()]
        frames = [self._delta({"annotations": left})] if left else []
        if end.fault is not None:
            frames.append(Yield({"error": error_object(end.fault, end.error_id, self._vocabulary)}))
        if end.fault is None or self._own_done:
            frames.append(self._delta({}, finish_reason(end, called=bool(self._called))))
        if self._wanted.usage and (usage := usage_object(end)) is not None:
            frames.append(usage_chunk(self._head, usage))
        return [*frames, Yield(DONE)] if self._own_done else frames
