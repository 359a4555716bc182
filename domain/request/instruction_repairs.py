"""A repair of instructions: where a model takes no system messages, their words begin the person's next message."""

from collections.abc import Iterator
from dataclasses import replace

from domain.conversation.known_roles import INSTRUCTING
from domain.request.lesson import INSTRUCTIONS, Lesson
from domain.request.refusal import Refusal
from domain.request.refusal_words import INSTRUCTIONS_REFUSED
from ports.json_values import JsonObject
from ports.responses import ResponsesBody, UpstreamRequest


def instruction_repairs(refusal: Refusal) -> list[Lesson]:
    """Return the repair for a refusal of system messages as such. Source: Google's Gemma, chat templates of vLLM."""
    return [Lesson(INSTRUCTIONS)] if INSTRUCTIONS_REFUSED.search(refusal.text) else []


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
