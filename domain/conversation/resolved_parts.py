"""Parts of messages in their final form, made in place of the media that a caller sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from ports.json_values import JsonObject

Place = tuple[int, int]
"""Position of a message, and of the part in its content."""


class ResolvedPart(dict[str, Any]):
    """A part as it goes upstream: it was checked already, and its text, if it is a note, is nobody's words."""

    __slots__ = ()


def note(text: str) -> ResolvedPart:
    """Return the part that stands in place of a medium that is not sent."""
    return ResolvedPart({"type": "input_text", "text": text})


def is_note(part: object) -> bool:
    """Return whether a part is such a note, which nobody wrote."""
    return isinstance(part, ResolvedPart) and part["type"] == "input_text"


def with_parts(
    messages: Sequence[object],
    replaced: Mapping[Place, ResolvedPart],
    added: Mapping[int, Sequence[ResolvedPart]],
) -> tuple[object, ...]:
    """Return messages in which parts are replaced, and others are added before a message's content, by its position.

    The given messages stay as they are. A note that repeats the one before it is left out.
    """
    changed = {message for message, _ in replaced} | added.keys()
    return tuple(
        _changed(message, at, replaced, added.get(at, ())) if at in changed else message
        for at, message in enumerate(messages)
    )


def _changed(message: object, at: int, replaced: Mapping[Place, ResolvedPart], added: Sequence[ResolvedPart]) -> object:
    if not isinstance(message, dict):
        return message
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}] if content else []
    made: list[object] = list(added)
    for number, part in enumerate(parts):
        new = replaced.get((at, number), part)
        if not (is_note(new) and made and made[-1] == new):
            made.append(new)
    whole: JsonObject = {**message, "content": made}
    return whole
