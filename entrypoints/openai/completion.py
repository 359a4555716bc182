"""Render a turn as one chat completion, for callers that do not stream."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from domain.egress.links import EVERY_HTTPS, LinkGate
from domain.turn.steps import (
    End,
    Ended,
    HandOverCall,
    Output,
    Reason,
    ShowCitation,
    ShowImage,
    ShowLogprobs,
    ShowReasoning,
    ShowRefusal,
    ShowServerTool,
    ShowText,
)
from entrypoints.openai.found_sources import FoundSources
from entrypoints.openai.frames import (
    ChunkHead,
    decodable,
    finish_reason,
    function_call_delta,
    logprobs_field,
    tool_call,
    url_citation,
    usage_object,
)
from entrypoints.openai.wanted import USUAL, Wanted
from entrypoints.sentences.escaping import picture
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.json_values import JsonObject
from ports.toolbox import ToolCall


@dataclass(slots=True)
class Collected:
    """All outputs of a turn, by kind; `end` is set once the turn has ended. `links`: which addresses may be shown.

    `sources`: pages that server tools found. `vocabulary`: the language of what we write into the text. `refusals`:
    they are kept apart from the text.
    """

    text: dict[int, list[str]] = field(default_factory=dict)
    reasoning: dict[int, list[str]] = field(default_factory=dict)
    citations: list[dict[str, Any]] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    end: End | None = None
    links: LinkGate = EVERY_HTTPS
    sources: FoundSources = field(default_factory=FoundSources)
    vocabulary: Vocabulary = NEUTRAL
    refusals: bool = False
    refused: dict[int, list[str]] = field(default_factory=dict)
    logprobs: list[JsonObject] = field(default_factory=list)

    def add(self, output: Output) -> None:
        """Add one output."""
        match output:
            case ShowRefusal(segment, text) if self.refusals:
                self.refused.setdefault(segment, []).append(text)
            case ShowText(segment, text):
                self.text.setdefault(segment, []).append(text)
            case ShowImage(segment):
                before = self.text.setdefault(segment, [])
                before += (*(["\n\n"] if before else ()), picture(output, self.links, self.vocabulary))
            case ShowReasoning(segment, text):
                self.reasoning.setdefault(segment, []).append(text)
            case ShowCitation(url, title, _, place):
                self.sources.cite(url)
                place = place if len(self.text) <= 1 else (0, 0)  # later texts stand elsewhere in the answer
                self.citations.append(url_citation(url, title, self.links, place))
            case HandOverCall(_, call):
                self.calls.append(call)
            case ShowLogprobs(_, tokens):
                self.logprobs += decodable(tokens)
            case ShowServerTool(_, report):
                self.sources.find(report.sources)
            case Ended(end):
                self.citations += [url_citation(one.url, one.title, self.links) for one in self.sources.left()]
                self.end = end
            case _:
                pass


async def collect(
    outputs: AsyncIterator[Output],
    links: LinkGate = EVERY_HTTPS,
    vocabulary: Vocabulary = NEUTRAL,
    *,
    refusals: bool = False,
) -> Collected:
    """Collect the outputs of a turn until it ends; only addresses that pass `links` stay links."""
    collected = Collected(links=links, vocabulary=vocabulary, refusals=refusals)
    async for output in outputs:
        collected.add(output)
        if isinstance(output, ShowLogprobs):
            await asyncio.sleep(0)  # others run in between: writing those of a long text takes long
    return collected


def completion(
    head: ChunkHead, collected: Collected, *, with_reasoning: bool = True, wanted: Wanted = USUAL
) -> dict[str, Any]:
    """Build a chat completion; background tasks leave reasoning out, because the host parses their answers.

    An answer has one call in the older form at most: there is one place for it.
    """
    message: dict[str, Any] = {"role": "assistant", "content": _paragraphs(collected.text)}
    reasoning = _paragraphs(collected.reasoning)
    if reasoning and with_reasoning and wanted.reasoning:
        message["reasoning_content"] = reasoning
    if collected.citations:
        message["annotations"] = collected.citations
    if collected.refused:
        message["refusal"] = _paragraphs(collected.refused)
    older = next((call for call in collected.calls if wanted.older(call)), None)
    if older is not None:
        message |= function_call_delta(older)
    if calls := [tool_call(call) for call in collected.calls if not wanted.older(call)]:
        message["tool_calls"] = calls
    if older is not None or calls or collected.refused:
        message["content"] = message["content"] or None
    end = collected.end
    reason = finish_reason(end, called=older is not None) if end else Reason.STOP.value
    reply: dict[str, Any] = {
        "id": head.id,
        "object": "chat.completion",
        "created": head.created,
        "model": head.model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    if wanted.logprobs:
        reply["choices"][0]["logprobs"] = logprobs_field(collected.logprobs) if collected.logprobs else None
    if end is not None and (usage := usage_object(end)) is not None:
        reply["usage"] = usage
    return reply


def _paragraphs(segments: dict[int, list[str]]) -> str:
    return "\n\n".join("".join(pieces) for pieces in segments.values())
