"""The output of a call: a text, or parts if there are media among them.

Source: OpenRouter API reference, input items.
"""

from collections.abc import Mapping

from domain.conversation.media_kinds import PARTS, Medium
from ports.json_values import JsonObject

ToolOutput = str | list[JsonObject]

MEDIA = {kind: medium.value for kind, medium in PARTS.items() if medium in (Medium.IMAGE, Medium.FILE)}
"""The media that an output may hold, with their modality in the catalog."""


def joined(parts: list[JsonObject]) -> ToolOutput:
    """Return parts as they are; texts alone as one text."""
    if any(part.get("type") in MEDIA for part in parts):
        return parts
    return words_in(parts)


def words_in(output: object) -> str:
    """Return the words of an output, without its media."""
    if isinstance(output, str):
        return output
    parts = output if isinstance(output, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def media_in(output: object) -> list[JsonObject]:
    """Return the media of an output."""
    parts = output if isinstance(output, list) else []
    return [part for part in parts if isinstance(part, Mapping) and part.get("type") in MEDIA]
