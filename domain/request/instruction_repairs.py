"""Repairs of instructions: where a model takes system messages only at the start, they become one there.

Where it takes none, their words begin the person's next message.
"""

from collections.abc import Iterator
from dataclasses import replace

from domain.conversation.known_roles import INSTRUCTING
from domain.request.lesson import FIRST, INSTRUCTIONS, Lesson
from domain.request.refusal import Refusal
from domain.request.refusal_words import INSTRUCTIONS_MISPLACED, INSTRUCTIONS_REFUSED
from ports.json_values import JsonObject
from ports.responses import ResponsesBody, UpstreamRequest


def instruction_repairs(refusal: Refusal) -> list[Lesson]:
    """Return the repairs for a refusal of system messages, or of their place.

    Source: Google's Gemma, MiniMax, chat templates of Qwen and others in vLLM.
    """
    if INSTRUCTIONS_MISPLACED.search(refusal.text):
        return [Lesson(INSTRUCTIONS, FIRST), Lesson(INSTRUCTIONS)]
    return [Lesson(INSTRUCTIONS)] if INSTRUCTIONS_REFUSED.search(refusal.text) else []


def with_instructions_first(sent: UpstreamRequest) -> UpstreamRequest:
    """Return the request with the words of all system messages as its instructions; the same if there is but one."""
    body = sent.body
    parts = [part for item in body.input if item.get("role") in INSTRUCTING for part in _parts(item)]
    if not parts or any(not isinstance(part.get("text"), str) for part in parts):
        return sent
    alone = not body.instructions and body.input[0].get("role") in INSTRUCTING
    if alone and sum(item.get("role") in INSTRUCTING for item in body.input) == 1:
        return sent
    words = "\n\n".join(filter(None, (body.instructions, *(part["text"] for part in parts))))
    items = tuple(item for item in body.input if item.get("role") not in INSTRUCTING)
    return replace(sent, body=replace(body, instructions=words, input=items))


def with_instructions_said(sent: UpstreamRequest) -> UpstreamRequest:
    """Return the request without instructions and system messages, no word lost; the same if there are none."""
    body = sent.body
    if not body.instructions and not any(item.get("role") in INSTRUCTING for item in body.input):
        return sent
    return replace(sent, body=replace(body, instructions=None, input=tuple(_said(body))))


def _said(body: ResponsesBody) -> Iterator[JsonObject]:
    held: list[JsonObject] = [{"type": "input_text", "text": body.instructions}] if body.instructions else []
    for item in body.input:
        if item.get("role") in INSTRUCTING:
            held += _parts(item)
        elif held and item.get("role") == "user":
            yield {**item, "content": [*held, *_parts(item)]}
            held = []
        else:
            yield item
    if held:
        yield {"type": "message", "role": "user", "content": held}


def _parts(item: JsonObject) -> list[JsonObject]:
    content = item.get("content")
    return content if isinstance(content, list) else [{"type": "input_text", "text": content}]
