"""Content parts of `POST /responses` -> content parts of chat completions."""

from collections.abc import Mapping
from typing import Any

from adapters.openrouter.wire.fields import mapping, text
from ports.json_values import JsonObject

TEXT_KINDS = frozenset(("input_text", "output_text", "text"))
MARKS = ("cache_control", "prompt_cache_breakpoint")


def chat_parts(content: object) -> list[JsonObject]:
    """Translate a message's content, a string or a list; what is empty or has no chat form is left out."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list | tuple):
        return []
    translated = (_translated(part) for part in content if isinstance(part, Mapping))
    return [part for part in translated if part is not None]


def compact(parts: list[JsonObject]) -> str | list[JsonObject]:
    """Return the content of a message: text alone as a string, which every host takes."""
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return str(parts[0]["text"])
    return parts


def is_text(part: JsonObject) -> bool:
    """Tell whether a chat part is text."""
    return part.get("type") == "text"


def _translated(part: JsonObject) -> JsonObject | None:
    kind = part.get("type")
    if kind in TEXT_KINDS:
        said = text(part.get("text"))
        marks = {key: part[key] for key in MARKS if part.get(key)}
        return {"type": "text", "text": said, **marks} if said else None
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
    """A file's address stands where its data would: chat has no key of its own for it."""
    nested: dict[str, Any] = {"filename": text(file.get("filename")) or "file"}
    data = text(file.get("file_data")) or text(file.get("file_url"))
    if data:
        nested["file_data"] = data
    elif text(file.get("file_id")):
        nested["file_id"] = file["file_id"]
    else:
        return None
    return {"type": "file", "file": nested}
