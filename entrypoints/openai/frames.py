"""Build the parts of streamed chat completions: chunks, usage, and tool calls handed over to the client."""

from dataclasses import dataclass
from typing import Any

from domain.egress.links import LinkGate, title_of
from ports.usage import Usage


@dataclass(frozen=True, slots=True)
class Yield:
    """A value to yield to the host: a dict is a chunk, a string is sent verbatim."""

    payload: dict[str, Any] | str


@dataclass(frozen=True, slots=True)
class ChunkHead:
    """The fields that all chunks of one reply share; `created` in unix seconds."""

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


def url_citation(url: str, title: str, links: LinkGate) -> dict[str, Any]:
    """Build the annotation of a source; if its address does not pass the gate, the title beside an empty url."""
    url = links.link(url)
    return {"type": "url_citation", "url_citation": {"url": url, "title": title_of(title, url)}}


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
    """Render usage in the format of chat completions; `cost` in USD."""
    spelled: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    return spelled if usage.cost is None else {**spelled, "cost": float(usage.cost)}


def responses_usage(usage: Usage) -> dict[str, Any]:
    """Render usage in the format of the Responses API; `cost` in USD."""
    spelled: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens},
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }
    return spelled if usage.cost is None else {**spelled, "cost": float(usage.cost)}


def tool_call_delta(position: int, call_id: str, name: str, arguments: str) -> dict[str, Any]:
    """Build the delta that hands one complete tool call over to the client."""
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": position, "id": call_id, "type": "function", "function": function}]}
