"""Background tasks of the host: titles, tags, follow-ups, queries. Quick, cheap, and never an error as a title."""

import json
import re
from collections.abc import Sequence

from domain.conversation.marker_lines import without_markers
from ports.json_values import JsonObject

MERGED_ANSWER = "moa_response_generation"
"""The one task a person reads as an answer; it is treated like a chat."""

_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=\s]{16,}")
_NEUTRAL: dict[str, object] = {
    "title_generation": {"title": "Chat"},
    "tags_generation": {"tags": ["General"]},
    "follow_up_generation": {"follow_ups": []},
    "query_generation": {"queries": []},
    "image_prompt_generation": {"prompt": ""},
    "autocomplete_generation": {"text": ""},
}


def neutral_answer(task: str) -> str:
    """Return what the host can read as "nothing to say" for a task; empty for one whose form is unknown."""
    neutral = _NEUTRAL.get(task)
    return "" if neutral is None else json.dumps(neutral)


def stripped(messages: Sequence[object]) -> tuple[object, ...]:
    """Return a task's messages without inlined data and marker lines, which cost tokens and help nobody."""
    return tuple(_stripped(message) if isinstance(message, dict) else message for message in messages)


def _stripped(message: JsonObject) -> JsonObject:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": _cleaned(content)}
    if not isinstance(content, list):
        return message
    texts = [part for part in content if isinstance(part, dict) and part.get("type") in ("text", "input_text")]
    cleaned = [{**part, "text": _cleaned(part["text"])} for part in texts if isinstance(part.get("text"), str)]
    return {**message, "content": cleaned}


def _cleaned(text: str) -> str:
    if "base64," in text:
        text = _DATA.sub("[data]", text)
    return without_markers(text)
