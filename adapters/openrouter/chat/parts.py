"""Converts content parts of `POST /responses` to content parts of chat completions."""

from collections.abc import Mapping
from typing import Any

from adapters.openrouter.wire.fields import mapping, text
from ports.json_values import JsonObject

TEXT_KINDS = frozenset(("input_text", "output_text", "text"))
MARKS = ("cache_control", "prompt_cache_breakpoint")


def chat_parts(content: object) -> list[JsonObject]:
    """Translate a message's content, a string or a list; empty parts and parts without a chat form are left out."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list | tuple):
        return []
    translated = (_translated(part) for part in content if isinstance(part, Mapping))
    return [part for part in translated if part is not None]


def compact(parts: list[JsonObject]) -> str | list[JsonObject]:
    """Return a message's content; text alone becomes a string, which every provider accepts."""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def is_text(part: JsonObject) -> bool:
    """Return whether a chat part is text."""
    return part.get("type") == "text"


def _translated(part: JsonObject) -> JsonObject | None:
    kind = part.get("type")
    if kind in TEXT_KINDS:
        content_text = text(part.get("text"))
        marks = {key: part[key] for key in MARKS if part.get(key)}
        return {"type": "text", "text": content_text, **marks} if content_text else None
    if kind in ("input_image", "image_url"):
        return _image(part)
    if kind in ("input_file", "file"):
        return _file(mapping(part.get("file")) or part)
    if kind == "input_audio":
        audio = mapping(part.get("input_audio"))
        return {"type": "input_audio", "input_audio": dict(audio)} if audio.get("data") else None
    if kind in ("input_video", "video_url"):
        video = part.get("video_url")
        url = text(video) or text(mapping(video).get("url"))
        return {"type": "video_url", "video_url": {"url": url}} if url else None
    return None


def _image(part: JsonObject) -> JsonObject | None:
    image = part.get("image_url")
    url = text(image) or text(mapping(image).get("url"))
    detail = text(part.get("detail")) or text(mapping(image).get("detail"))
    if not url:
        return None
    return {"type": "image_url", "image_url": {"url": url, "detail": detail} if detail else {"url": url}}


def _file(file: JsonObject) -> JsonObject | None:
    """Translate a file; its URL goes into the field for its data: chat has no field for a file URL."""
    nested: dict[str, Any] = {"filename": text(file.get("filename")) or "file"}
    data = text(file.get("file_data")) or text(file.get("file_url"))
    if data:
        nested["file_data"] = data
    elif text(file.get("file_id")):
        nested["file_id"] = file["file_id"]
    else:
        return None
    return {"type": "file", "file": nested}
