"""Content parts of chat messages -> content parts of the Responses API."""

from collections.abc import Iterator

from domain.conversation.attachments import MEDIA_KINDS
from domain.conversation.cache_marks import mark_of
from domain.conversation.placeholders import unusable
from domain.conversation.resolved_parts import ResolvedPart, note
from domain.conversation.worded_parts import words_of_part
from domain.egress.file_names import clean_name
from ports.json_values import JsonObject

_KINDS = MEDIA_KINDS | {"text", "input_text", "output_text", "refusal"}
_LONGEST_KIND = 64


def parts_of(content: object) -> list[JsonObject]:
    """Translate a message's content: a string or a list of parts. Empty and invalid parts are omitted."""
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}] if says(content) else []
    if not isinstance(content, list):
        return []
    return [translated for part in content for translated in _translated(part)]


def is_content(value: object) -> bool:
    """Return whether a value is the content of a message: a text or a list of parts."""
    if not isinstance(value, list):
        return isinstance(value, str)
    return all(isinstance(part, str) or (isinstance(part, dict) and _is_part(part)) for part in value)


def says(text: str) -> bool:
    """Return whether a text contains more than white space and NULs, which are never sent upstream."""
    if "!" <= text < "\x7f":  # it begins with a visible character: nearly always
        return True
    first = text[:1]
    return (first > "\0" and not first.isspace()) or bool(text.replace("\0", "").strip())


def _is_part(part: JsonObject) -> bool:
    kind = part.get("type")
    if isinstance(kind, str) and kind in _KINDS:
        return True
    return any(isinstance(part.get(key), str) for key in ("text", "refusal"))


def _translated(part: object) -> Iterator[JsonObject]:
    if isinstance(part, ResolvedPart):
        yield part
        return
    if isinstance(part, str):
        part = {"type": "text", "text": part}
    if not isinstance(part, dict):
        return
    kind = part.get("type")
    if kind in ("text", "input_text", "output_text"):
        if says(text := words_of_part(part)):
            yield {"type": "input_text", "text": text, **mark_of(part)}
    elif kind in ("image_url", "input_image"):
        yield from _image(part.get("image_url"), part.get("detail"))
    elif kind in ("file", "input_file"):
        nested = part.get("file")
        yield from _file(nested if isinstance(nested, dict) else part)
    elif kind in ("audio", "input_audio"):
        yield from _audio(part.get("input_audio") or part.get("audio"))
    elif kind in ("video", "video_url", "input_video"):
        video = part.get("video_url")
        url = video.get("url") if isinstance(video, dict) else video
        if isinstance(url, str) and url:
            yield {"type": "input_video", "video_url": url}
    else:
        yield from _unknown(kind if isinstance(kind, str) else "", part)


def _unknown(kind: str, part: JsonObject) -> Iterator[JsonObject]:
    """Yield the words of a part of an unknown type; without any, a note in its place: nothing is lost unsaid."""
    if says(text := words_of_part(part)):
        yield {"type": "input_text", "text": text, **mark_of(part)}
    elif isinstance(part.get("text"), str):
        return
    elif name := clean_name(kind[:_LONGEST_KIND]):
        yield note(unusable(name))


def _image(image: object, detail: object) -> Iterator[JsonObject]:
    if isinstance(image, dict):
        detail = image.get("detail", detail)
        image = image.get("url")
    if isinstance(image, str) and image:
        known = detail if detail in ("auto", "low", "high", "original") else "auto"
        yield {"type": "input_image", "detail": known, "image_url": image}


def _audio(audio: object) -> Iterator[JsonObject]:
    if not isinstance(audio, dict) or audio.get("format") not in ("mp3", "wav"):
        return
    data = audio.get("data")
    bare = data.partition(",")[2] if isinstance(data, str) and data.startswith("data:") else data
    if isinstance(bare, str) and bare:
        yield {"type": "input_audio", "input_audio": {"data": bare, "format": audio["format"]}}


def _file(file: JsonObject) -> Iterator[JsonObject]:
    keys = ("file_data", "file_url", "file_id")
    source = {key: file[key] for key in keys if isinstance(file.get(key), str) and file[key]}
    if source:
        name = file.get("filename")
        yield {"type": "input_file", "filename": name if isinstance(name, str) and name else "file", **source}
