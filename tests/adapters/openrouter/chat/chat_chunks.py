"""Chunks of chat completions as upstream writes them, and the events translated from them."""

import json
from datetime import UTC, datetime

from adapters.openrouter.chat.events import ChatVocabulary
from adapters.openrouter.stream.translator import Translator
from adapters.openrouter.wire.codec import FASTEST
from ports.response_events import ItemDone, ReasoningDelta, RefusalDelta, ResponseEnded, TextDelta

NOW = datetime(2026, 8, 1, tzinfo=UTC)
GENERATION = "gen-1"
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.5}


def chunk(delta=None, finish=None, **more):
    """Return a chunk with one choice."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": "", **(delta or {})}}
    choice |= {"finish_reason": finish, "native_finish_reason": finish, "logprobs": None}
    return {"id": GENERATION, "object": "chat.completion.chunk", "model": "a/b", "choices": [choice], **more}


def says(text):
    return chunk({"content": text})


def thinks(*details, **more):
    return chunk({"reasoning_details": list(details), **more})


def fragment(arguments=None, *, index=0, call_id=None, name=None):
    """Return a piece of a tool call; fields that are None are left out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    parts = {"index": index, "id": call_id, "type": "function", "function": function}
    return {key: value for key, value in parts.items() if value is not None}


def calls(*fragments):
    return chunk({"content": None, "tool_calls": list(fragments)})


def finishes(reason="stop", **delta):
    return chunk(delta, reason)


def bill(**usage):
    """Return the last chunk: no choices, but usage."""
    return {**chunk(), "choices": [], "usage": {**USAGE, **usage}}


def payloads(*frames):
    return [frame.encode() if isinstance(frame, str) else json.dumps(frame).encode() for frame in frames]


def translator(*, codec=FASTEST, **options):
    return Translator(ChatVocabulary(lambda: NOW, **options), codec=codec)


def translate(*frames, **options):
    """Return the events of frames received in one read, without the end of the stream."""
    return translator(**options).translate(payloads(*frames))


def answered(*frames, reason="stop"):
    """Return the events of a complete stream with a normal end."""
    return translate(*frames, finishes(reason), bill(), "[DONE]")


def items(events):
    """Return the finished items in the order they began."""
    done = sorted((event for event in events if isinstance(event, ItemDone)), key=lambda event: event.index)
    return [event.item for event in done]


def ends(events):
    return [event for event in events if isinstance(event, ResponseEnded)]


def texts(events, kind=TextDelta):
    return "".join(event.text for event in events if isinstance(event, kind))


def thoughts(events):
    return texts(events, ReasoningDelta)


def refusals(events):
    return texts(events, RefusalDelta)
