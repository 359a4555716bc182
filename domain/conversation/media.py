"""Replace media that a model rejects with a note in the text; upstream would reject the whole request.

Source: OpenRouter API reference, content parts and checklist.
"""

import re
from collections.abc import Iterable

from domain.conversation.media_kinds import PARTS, TAKEN, Medium
from domain.conversation.placeholders import not_taken, unusable
from domain.conversation.resolved_parts import ResolvedPart, note
from ports.catalog import Model
from ports.encoded import head_of, is_encoded
from ports.json_values import JsonObject

_LINK = re.compile(r"https://[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_FILE = re.compile(r"[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*", re.IGNORECASE)
_FORMS: dict[str, tuple[bool, Medium | None]] = {
    "image_url": (True, Medium.IMAGE),
    "video_url": (True, Medium.VIDEO),
    "file_data": (False, Medium.FILE),
    "file_url": (True, None),
}
"""What an address may be: a link, and data of which medium."""
_TYPES = {Medium.IMAGE: TAKEN[Medium.IMAGE], Medium.VIDEO: TAKEN[Medium.VIDEO] | {"video/quicktime"}}


def sendable(parts: Iterable[JsonObject], model: Model | None) -> list[JsonObject]:
    """Return the parts; a note replaces each medium that cannot be sent."""
    return [part if part["type"] == "input_text" else _checked(part, model) for part in parts]


def _checked(part: JsonObject, model: Model | None) -> JsonObject:
    word = PARTS[part["type"]].value
    if model is not None and model.input_modalities and word not in model.input_modalities:
        return note(not_taken(word))
    if isinstance(part, ResolvedPart):
        return part
    return _usable(part, word) or note(unusable(word))


def _usable(part: JsonObject, word: str) -> JsonObject | None:
    if word == "audio":
        data = part["input_audio"]["data"]
        return part if is_encoded(data) else None
    kept = {key: _address(value, *_FORMS[key]) if key in _FORMS else value for key, value in part.items()}
    kept = {key: value for key, value in kept.items() if value is not None}
    return kept if any(key in kept for key in (*_FORMS, "file_id")) else None


def _address(value: str, linked: bool, medium: Medium | None) -> str | None:
    """Return an address of a known form, with the head of a data URL in lower case; None for any other."""
    if value[:5].lower() != "data:":
        return value if linked and _LINK.fullmatch(value) else None
    head = head_of(value)
    if head is None or medium is None or not _is_taken(head.mime, medium) or not is_encoded(value, head.start):
        return None
    start = value[: head.start]
    return value if start == start.lower() else start.lower() + value[head.start :]


def _is_taken(mime: str, medium: Medium) -> bool:
    return _FILE.fullmatch(mime) is not None if medium is Medium.FILE else mime.lower() in _TYPES[medium]
