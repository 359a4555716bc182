"""Turn what a tool returned into text the model can read, within the size that is left."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace

from domain.catalog.prompt_window import window_of
from domain.conversation.shortening import gives_way, least_characters
from domain.conversation.size import characters_of
from domain.tools.known_tool import characters_of_tool
from domain.tools.replies import IMAGE_SHOWN, left_out, no_text
from ports.catalog import Model
from ports.json_values import JsonObject
from ports.storable_texts import REFUSED
from ports.toolbox import ToolResult

PER_TOKEN = 4
UNKNOWN_PROMPT = 128_000
"""Tokens assumed for a prompt if the catalog states no context length. Source: behaviour, output budget."""
LONGEST = 4_000_000
IMAGES = 8
_UNFIT = re.compile(f"[{REFUSED}]")
_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """Replace characters that UTF-8 or databases reject: NUL and lone surrogates."""
    return _UNFIT.sub(_REPLACEMENT, text)


def text_of(value: object) -> str:
    """Return a result as text: empty for None, JSON for values that are not text. Never raises."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    try:
        return clean(json.dumps(value, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return no_text(type(value).__name__)


def readable(result: ToolResult) -> ToolResult:
    """Return a result whose text is safe everywhere; a text longer than any model reads becomes a stub."""
    if len(result.text) > LONGEST:
        return fitted(result, LONGEST)
    text = clean(result.text)
    return result if text == result.text else replace(result, text=text)


def fitted(result: ToolResult, room: int) -> ToolResult:
    """Return a result of at most `room` characters; a longer one becomes a stub, which always fits."""
    size = len(result.text)
    if size <= max(room, 0) or size <= len(stub(size, room)):
        return result
    return replace(result, text=stub(size, room), failed=True)


def stub(size: int, room: int) -> str:
    """Report that an output of `size` characters is omitted because only `room` characters are left."""
    room = max(room, 0)
    return left_out(size, _tokens(size), room, _tokens(room))


def output_of(call_id: str, result: ToolResult, *, sees_images: bool) -> JsonObject:
    """Return the output item of a call, with its images if the model sees images.

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

    The catalog states the context length and the part reserved for the answer.
    """
    window = window_of(model)
    tokens = UNKNOWN_PROMPT if window is None else window.prompt()
    try:
        offered = sum(map(characters_of_tool, tools))
    except (ValueError, RecursionError):
        offered = 0
    return max(0, tokens * PER_TOKEN - offered)


def room_left(limit: int, *parts: Iterable[JsonObject], shortens: bool = False) -> int:
    """Return how many of `limit` characters are left after the items of a request; negative if the items exceed it.

    `shortens`: earlier outputs give way to new ones, so only what always stays of them counts.
    """
    for items in parts:
        kept = tuple(items)
        if shortens:
            others = (item for item in kept if not gives_way(item))
            limit -= characters_of(others) + least_characters(kept)
        else:
            limit -= characters_of(kept) + sum(_said(item.get("output")) for item in kept)
    return limit


def _said(output: object) -> int:
    parts = output if isinstance(output, list) else ()
    return sum(len(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _tokens(characters: int) -> int:
    return -(-characters // PER_TOKEN)
