"""What a tool handed back -> what the model reads: text it can take, of a size it has room for."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from domain.conversation.size import characters_of
from domain.request.tool_specs import characters_of_tool
from domain.tools.replies import IMAGE_SHOWN, left_out, no_text
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.toolbox import ToolResult

PER_TOKEN = 4
UNKNOWN_PROMPT = 128_000
"""Tokens a prompt may have where the catalog does not say. Source: behaviour, output budget."""
LONGEST = 4_000_000
IMAGES = 8
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """Replace what no UTF-8 text and no database takes: NUL and lone surrogates."""
    return _UNFIT.sub(_REPLACEMENT, text)


def text_of(value: object) -> str:
    """Return a result as text: nothing for None, JSON for what is no text; never raises."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    try:
        return clean(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return no_text(type(value).__name__)


def readable(result: ToolResult) -> ToolResult:
    """Return a result whose text can go anywhere; one longer than any model reads becomes a stub."""
    if len(result.text) > LONGEST:
        return fitted(result, LONGEST)
    text = clean(result.text)
    return result if text == result.text else replace(result, text=text)


def fitted(result: ToolResult, room: int) -> ToolResult:
    """Return a result whose text has at most `room` characters, else a stub that says so; the stub always fits."""
    size = len(result.text)
    if size <= max(room, 0) or size <= len(stub(size, room)):
        return result
    return replace(result, text=stub(size, room), failed=True)


def stub(size: int, room: int) -> str:
    """Say that an output of `size` characters is left out because there is room for `room` only."""
    room = max(room, 0)
    return left_out(size, _tokens(size), room, _tokens(room))


def output_of(call_id: str, result: ToolResult, *, sees_images: bool) -> JsonObject:
    """Return the output item of a call; images go with it if the model sees them.

    Source: OpenRouter API reference, input items.
    """
    output: object = result.text
    if result.images and sees_images:
        said = [{"type": "input_text", "text": result.text}] if result.text else []
        pictures = [{"type": "input_image", "image_url": url, "detail": "auto"} for url in result.images[:IMAGES]]
        output = [*said, *pictures]
    elif result.images and not result.text:
        output = IMAGE_SHOWN
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def prompt_characters(model: Model | None, tools: Iterable[JsonObject] = ()) -> int:
    """Return how many characters a prompt of this model may have beside the tools on offer.

    The catalog tells the context and what of it is kept for the answer; where that leaves next to nothing, half of
    the context is taken.
    """
    tokens = UNKNOWN_PROMPT
    if model is not None and model.context_length:
        context = model.context_length
        left = context - (model.max_completion_tokens or 0)
        tokens = left if left >= context // 8 else context // 2
    try:
        offered = sum(map(characters_of_tool, tools))
    except (ValueError, RecursionError):
        offered = 0
    return max(0, tokens * PER_TOKEN - offered)


def room_left(limit: int, *parts: Iterable[JsonObject]) -> int:
    """Return how many of `limit` characters the items of a request leave; below zero if they are too many."""
    for items in parts:
        kept = tuple(items)
        limit -= characters_of(kept) + sum(_said(item.get("output")) for item in kept)
    return limit


def _said(output: object) -> int:
    parts = output if isinstance(output, list) else ()
    return sum(len(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _tokens(characters: int) -> int:
    return -(-characters // PER_TOKEN)
