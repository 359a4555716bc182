"""Chunks of chat completions as upstream writes them, and the events translated from them."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from adapters.openrouter.chat.events import ChatVocabulary
from adapters.openrouter.stream.translator import Translator
from adapters.openrouter.wire.codec import FASTEST, Codec
from ports.json_values import JsonObject
from ports.response_events import ItemDone, ReasoningDelta, RefusalDelta, ResponseEnded, TextDelta, UpstreamEvent

NOW = datetime(2026, 8, 1, tzinfo=UTC)
GENERATION = "gen-1"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.5}


def chunk(delta: JsonObject | None = None, finish: str | None = None, **more: object) -> dict[str, Any]:
    """Return a chunk with one choice."""
    choice: dict[str, Any] = {"index": 0, "delta": {"role": "assistant", "content": "", **(delta or {})}}
    choice |= {"finish_reason": finish, "native_finish_reason": finish, "logprobs": None}
    return {"id": GENERATION, "object": "chat.completion.chunk", "model": "a/b", "choices": [choice], **more}


def says(text: object) -> dict[str, Any]:
    return chunk({"content": text})


def thinks(*details: object, **more: object) -> dict[str, Any]:
    return chunk({"reasoning_details": list(details), **more})


def fragment(
    arguments: object = None, *, index: object = 0, call_id: object = None, name: object = None
) -> dict[str, Any]:
    """Return a piece of a tool call; fields that are None are left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    parts = {"index": index, "id": call_id, "type": "function", "function": function}
    return {key: value for key, value in parts.items() if value is not None}


def calls(*fragments: object) -> dict[str, Any]:
    return chunk({"content": None, "tool_calls": list(fragments)})


def finishes(reason: str | None = "stop", **delta: object) -> dict[str, Any]:
    return chunk(delta, reason)


def bill(**usage: object) -> dict[str, Any]:
    """Return the last chunk: no choices, but usage."""
    return {**chunk(), "choices": [], "usage": {**USAGE, **usage}}


def payloads(*frames: object) -> list[bytes]:
    return [frame.encode() if isinstance(frame, str) else json.dumps(frame).encode() for frame in frames]


def translator(*, codec: Codec = FASTEST, **options: Any) -> Translator:
    return Translator(ChatVocabulary(lambda: NOW, **options), codec=codec)


def translate(*frames: object, **options: Any) -> list[UpstreamEvent]:
    """Return the events of frames received in one read, without the end of the stream."""
    return translator(**options).translate(payloads(*frames))


def answered(*frames: object, reason: str | None = "stop") -> list[UpstreamEvent]:
    """Return the events of a complete stream with a normal end."""
    return translate(*frames, finishes(reason), bill(), "[DONE]")


def items(events: Iterable[UpstreamEvent]) -> list[dict[str, Any]]:
    """Return the finished items in the order they began."""
    done = sorted((event for event in events if isinstance(event, ItemDone)), key=lambda event: event.index)
    return [dict(event.item) for event in done]


def ends(events: Iterable[UpstreamEvent]) -> list[ResponseEnded]:
    return [event for event in events if isinstance(event, ResponseEnded)]


def texts(
    events: Iterable[UpstreamEvent], kind: type[TextDelta] | type[ReasoningDelta] | type[RefusalDelta] = TextDelta
) -> str:
    return "".join(event.text for event in events if isinstance(event, kind))


def thoughts(events: Iterable[UpstreamEvent]) -> str:
    return texts(events, ReasoningDelta)


def refusals(events: Iterable[UpstreamEvent]) -> str:
    return texts(events, RefusalDelta)
