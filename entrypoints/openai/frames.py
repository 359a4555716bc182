"""Build the parts of streamed chat completions: chunks, usage, and tool calls handed over to the client."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.conversation.call_kinds import APPROVAL, CUSTOM, FUNCTION
from domain.egress.links import LinkGate, title_of
from domain.tools.sound_values import plain
from domain.turn.steps import End, Reason
from ports.json_values import JsonObject
from ports.toolbox import ToolCall
from ports.usage import SpentSoFar, Usage

PIECE = 256 * 1024
"""Characters of a text that are written at a time, as a chunk of their own."""
PICTURE = -1
"""The segment in which a text stands after a picture: whatever follows is a paragraph of its own."""


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


def chunk(
    head: ChunkHead,
    delta: dict[str, Any],
    finish_reason: str | None = None,
    logprobs: Sequence[JsonObject] = (),
) -> Yield:
    """Build a chat completion chunk. `logprobs`: the probabilities of tokens of the text before it."""
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    if logprobs:
        choice["logprobs"] = logprobs_field(logprobs)
    return Yield(
        {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "choices": [choice],
        }
    )


def logprobs_field(logprobs: Sequence[JsonObject]) -> dict[str, Any]:
    """Build the field of a choice that holds the probabilities of its tokens."""
    return {"content": list(logprobs), "refusal": None}


def decodable(logprobs: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """Return probabilities that every client can decode.

    Tokens can be parts of a character, and upstream may write those as halves of surrogate pairs.
    """
    try:
        json.dumps(logprobs, ensure_ascii=False, allow_nan=False).encode()  # takes half as long as `plain`
    except ValueError:
        return [plain(entry) for entry in logprobs]
    return logprobs


def url_citation(url: str, title: str, links: LinkGate, place: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    """Build the annotation of a source; if its address does not pass the gate, the title beside an empty url.

    `place`: the characters of the answer that it is of; typed clients require them.
    """
    url, (start, end) = links.link(url), place
    cited = {"url": url, "title": title_of(title, url), "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": cited}


def usage_chunk(head: ChunkHead, usage: dict[str, Any]) -> Yield:
    """Build the chunk that carries a usage object and no choice."""
    return Yield(
        {
            "id": head.id,
            "object": "chat.completion.chunk",
            "created": head.created,
            "model": head.model,
            "choices": [],
            "usage": usage,
        }
    )


_CHAT_NAMES = {
    "upstream_inference_input_cost": "upstream_inference_prompt_cost",
    "upstream_inference_output_cost": "upstream_inference_completions_cost",
}
"""Parts of the price that upstream names differently in chat completions."""


def usage_object(end: End) -> dict[str, Any] | None:
    """Render the usage of a turn in the names of both APIs, as hosts and clients read it; money in USD.

    None if upstream reported no usage and nothing was paid.
    `prompt_tokens` and `completion_tokens` are those of the latest call, because the context gauge reads them;
    `input_tokens`, `output_tokens` and `total_tokens`, and all details, are those of all calls. `cost` is what is paid
    in all, as the ledger has it: with own keys (`is_byok`) OpenRouter's fee and the provider's price, which
    `cost_details` names. The cost of server tools is part of it. `cost_is_estimated` marks a sum of which a part is
    estimated or unknown. `chat_cost` and `month_cost`, where they are asked for: what the person has paid for the chat,
    and in the month. `server_tool_use_details` counts what server tools did.
    """
    if end.usage is None and not end.paid.total:
        return None
    return {**_spelled(end.usage or Usage()), **_money(end)}


def _spelled(usage: Usage) -> dict[str, Any]:
    into = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens}
    out = {"reasoning_tokens": usage.reasoning_tokens}
    spelled: dict[str, Any] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": dict(into),
        "completion_tokens_details": dict(out),
        "input_tokens_details": into,
        "output_tokens_details": out,
    }
    if usage.cost_details:
        parts = {name: float(amount) for name, amount in usage.cost_details}
        spelled["cost_details"] = parts | {new: parts[name] for name, new in _CHAT_NAMES.items() if name in parts}
    if usage.server_tools:
        spelled["server_tool_use_details"] = dict(usage.server_tools)
    return spelled


def _money(end: End) -> dict[str, Any]:
    paid, spent = end.paid, end.spent or SpentSoFar()
    told: dict[str, Any] = {}
    if paid.is_known:
        told |= {"cost": float(paid.total), "is_byok": end.usage is not None and end.usage.is_byok}
    if told and not paid.is_exact:
        told["cost_is_estimated"] = True
    for name, total in (("chat_cost", spent.chat), ("month_cost", spent.month)):
        if total is not None:
            told[name] = float(total.total)
    return told


def tool_call(call: ToolCall) -> dict[str, Any]:
    """Build the call that a client has to run, as an entry of `tool_calls`.

    Functions and custom tools have forms of chat completions. A call of any other kind has the kind as its type, and
    its whole item under that name. A client sends the entry back as it is, and a message of role `tool` with its id.
    """
    space = {"namespace": call.namespace} if call.namespace else {}
    if call.kind == FUNCTION:
        own: dict[str, Any] = {"name": call.name, "arguments": call.arguments, **space}
        return {"id": call.call_id, "type": "function", "function": own}
    if call.kind == CUSTOM:
        return {"id": call.call_id, "type": "custom", "custom": {"name": call.name, "input": call.arguments, **space}}
    item = dict(call.item) if call.kind == APPROVAL else {**call.item, "call_id": call.call_id}
    return {"id": call.call_id, "type": call.kind, call.kind: item}


def function_call_delta(call: ToolCall) -> dict[str, Any]:
    """Build the older form of a call, which has no id: a delta, and the field of a message."""
    return {"function_call": {"name": call.name, "arguments": call.arguments}}


def finish_reason(end: End, *, called: bool) -> str:
    """Return the finish reason; `called`: the answer ends with a call in the older form."""
    return "function_call" if called and end.reason is Reason.TOOL_CALLS else end.reason.value


def tool_call_delta(position: int, call: ToolCall) -> dict[str, Any]:
    """Build the delta that hands one complete tool call over to the client."""
    return {"tool_calls": [{"index": position, **tool_call(call)}]}
