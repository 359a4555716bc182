"""Replace media that a model rejects with a note in the text; upstream would reject the whole request.

Source: OpenRouter API reference, content parts and checklist.
"""

import re
from collections.abc import Iterable

from domain.conversation.placeholders import not_taken, unusable
from domain.conversation.resolved_parts import ResolvedPart, note
from ports.catalog import Model
from ports.json_values import JsonObject

_ADDRESS = r"https://[^\s<>\"\\^`{|}]+"
_DATA = r"data:{};base64,[A-Za-z0-9+/]+={{0,2}}"
_IMAGE = re.compile(f"(?:{_ADDRESS}|{_DATA.format('image/(?:png|jpeg|webp|gif)')})", re.IGNORECASE)
_VIDEO = re.compile(f"(?:{_ADDRESS}|{_DATA.format('video/(?:mp4|mpeg|mov|quicktime|webm)')})", re.IGNORECASE)
_LINK = re.compile(_ADDRESS, re.IGNORECASE)
_FILE = re.compile(_DATA.format(r"[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*"), re.IGNORECASE)
_FORMS = {"image_url": _IMAGE, "video_url": _VIDEO, "file_data": _FILE, "file_url": _LINK}
_BARE = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_WORDS = {"input_image": "image", "input_file": "file", "input_audio": "audio", "input_video": "video"}


def sendable(parts: Iterable[JsonObject], model: Model | None) -> list[JsonObject]:
    """Return the parts; a note replaces each medium that cannot be sent."""
    return [part if part["type"] == "input_text" else _checked(part, model) for part in parts]


def _checked(part: JsonObject, model: Model | None) -> JsonObject:
    word = _WORDS[part["type"]]
    if model is not None and model.input_modalities and word not in model.input_modalities:
        return note(not_taken(word))
    if isinstance(part, ResolvedPart):
        return part
    return _usable(part, word) or note(unusable(word))


def _usable(part: JsonObject, word: str) -> JsonObject | None:
    if word == "audio":
        data = part["input_audio"]["data"]
        return part if len(data) % 4 == 0 and _BARE.fullmatch(data) else None
    kept = {key: _address(value, _FORMS[key]) if key in _FORMS else value for key, value in part.items()}
    kept = {key: value for key, value in kept.items() if value is not None}
    return kept if any(key in kept for key in (*_FORMS, "file_id")) else None


def _address(value: str, form: re.Pattern[str]) -> str | None:
    """Return an address that matches `form`, with the head of a data URL in lower case; None if it does not match."""
    if not form.fullmatch(value):
        return None
    head, comma, data = value.partition(",")
    if not head.lower().startswith("data:"):
        return value
    return head.lower() + comma + data if len(data) % 4 == 0 else None
