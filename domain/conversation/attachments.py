"""Find the media in messages of a person, and in what a caller's tools brought.

Shapes: parts of chat completions, of the Responses API, of Anthropic's messages, of MCP and of the AI SDK.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from domain.conversation.media_kinds import Medium
from domain.conversation.resolved_parts import Place, ResolvedPart
from domain.egress.file_names import clean_name, file_name
from ports.json_values import JsonObject

_LONGEST = 2048
"""Characters of which a name is made."""
_TEXTS = frozenset({"text", "input_text", "output_text"})
_MEDIA = {
    "image_url": Medium.IMAGE,
    "input_image": Medium.IMAGE,
    "image": Medium.IMAGE,
    "file": Medium.FILE,
    "input_file": Medium.FILE,
    "document": Medium.FILE,
    "audio": Medium.AUDIO,
    "input_audio": Medium.AUDIO,
    "audio_url": Medium.AUDIO,
    "video": Medium.VIDEO,
    "video_url": Medium.VIDEO,
    "input_video": Medium.VIDEO,
}
_KEYS = {
    Medium.IMAGE: ("image_url", "image", "source", "data", "url", "file_id"),
    Medium.FILE: ("file_data", "file_id", "file_url", "source", "data", "url"),
    Medium.AUDIO: ("input_audio", "audio", "audio_url"),
    Medium.VIDEO: ("video_url", "video"),
}
_DATA = frozenset({"image", "data"})
"""Keys of which a text may be the medium itself."""
_SHARED = frozenset({"image", "document"})
"""Types that other things than media have too."""
_BRING = ("user", "system", "developer", "tool", "function")
"""Roles of messages that bring media to the model; what a model drew has its own way."""
MEDIA_KINDS = frozenset(_MEDIA)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of a medium are: a data URL, bare base64 (`bare`), an address, or an id (`is_id`)."""

    value: str = field(repr=False)
    is_id: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A medium of a message, with its sources in the order in which they are tried.

    `name` is foreign text on one line, empty if unknown. A medium that is `added` has no part of its own: it goes
    before the content of the message at `place`.
    """

    place: Place
    medium: Medium
    sources: tuple[Source, ...]
    name: str = ""
    detail: str = ""
    added: bool = False


def attachments_in(messages: Sequence[object]) -> tuple[Attachment, ...]:
    """Return the media of all messages but those of models, in order. Texts are not looked at."""
    return tuple(
        attachment
        for at, message in enumerate(messages)
        if isinstance(message, dict) and isinstance(content := message.get("content"), list)
        if message.get("role") in _BRING
        for number, part in enumerate(content)
        if isinstance(part, dict) and isinstance(kind := part.get("type"), str) and kind not in _TEXTS
        if not isinstance(part, ResolvedPart) and (attachment := _attachment((at, number), kind, part)) is not None
    )


def name_of(text: object, address: str = "") -> str:
    """Return a name on one line of bounded length; without one, the last step of an address that is a link."""
    name = clean_name(text[:_LONGEST]) if isinstance(text, str) else ""
    if name or not address.startswith(("https://", "http://")):
        return name
    try:
        return file_name("", address[:_LONGEST])
    except ValueError:
        return ""


def _attachment(place: Place, kind: str, part: JsonObject) -> Attachment | None:
    medium = _MEDIA.get(kind)
    if medium is None:
        return None
    nested = part.get("file")
    body = nested if medium is Medium.FILE and isinstance(nested, dict) else part
    sources = tuple(_sources(medium, body))
    if not sources and kind in _SHARED:
        return None
    address = next((source.value for source in sources if not source.is_id and not source.bare), "")
    name = name_of(body.get("filename") or body.get("name"), address)
    return Attachment(place, medium, sources, name, _detail(part))


def _sources(medium: Medium, body: JsonObject) -> Iterator[Source]:
    for key in _KEYS[medium]:
        value = body.get(key)
        if isinstance(value, dict) and value.get("type") == "text":
            continue  # a document of Anthropic that is its words
        is_data = key in _DATA and not isinstance(value, dict)
        data, url = (value, None) if is_data else (None, value)
        if isinstance(value, dict):
            data, url = value.get("data"), value.get("url")
        if _says(data):
            yield Source(data, bare=not data[:8].lower().startswith(("data:", "https://", "http://")))
        if _says(url):
            yield Source(url, is_id=key == "file_id")


def _says(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value[:64].strip("\0 \t\r\n"))


def _detail(part: JsonObject) -> str:
    image = part.get("image_url")
    detail = image.get("detail", part.get("detail")) if isinstance(image, dict) else part.get("detail")
    return detail if detail in ("auto", "low", "high", "original") and isinstance(detail, str) else "auto"
