"""Content parts of messages and tool outputs: text, images, files, audio, video."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.oracle.rules.facts import Facts
from tests.oracle.rules.values import is_text

KEYS = {
    "input_text": {"type", "text", "prompt_cache_breakpoint"},
    "input_image": {"type", "detail", "image_url", "file_id"},
    "input_file": {"type", "filename", "file_data", "file_url", "file_id"},
    "input_audio": {"type", "input_audio"},
    "input_video": {"type", "video_url", "processing"},
    "output_text": {"type", "text", "annotations", "logprobs"},
    "refusal": {"type", "refusal"},
}
MESSAGE_PARTS = frozenset({"input_text", "input_image", "input_file", "input_audio", "input_video"})
OUTPUT_PARTS = frozenset({"input_text", "input_image", "input_file"})
ASSISTANT_PARTS = frozenset({"output_text", "refusal"})
IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
VIDEOS = frozenset({"video/mp4", "video/mpeg", "video/mov", "video/quicktime", "video/webm"})
DETAILS = ("auto", "low", "high", "original")
DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w-]+=[^;,]*)*;base64,", re.ASCII)
MODALITY = {"input_image": "image", "input_file": "file", "input_audio": "audio", "input_video": "video"}


def part_complaints(part: Any, path: str, allowed: frozenset[str], facts: Facts, parses_files: bool) -> Iterator[str]:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(part, Mapping) or not isinstance(kind, str) or kind not in allowed:
        yield f"3 {path}: kind {kind!r:.60} is not allowed here"
        return
    yield from (f"3 {path}.{key!s:.40}: unknown" for key in part.keys() - KEYS[kind])
    if kind in {"input_text", "output_text"}:
        yield from text_complaints(part, path, facts)
    elif kind == "refusal":
        if not is_text(part.get("refusal")):
            yield f"14.8 {path}: empty"
    else:
        yield from media_complaints(part, kind, path, facts, parses_files)


def text_complaints(part: Mapping[str, Any], path: str, facts: Facts) -> Iterator[str]:
    yield from filled_complaints(part.get("text"), path, facts)
    if "prompt_cache_breakpoint" in part and part["prompt_cache_breakpoint"] != {"mode": "explicit"}:
        yield f"3 {path}.prompt_cache_breakpoint: {part['prompt_cache_breakpoint']!r:.60}"
    if not isinstance(part.get("annotations", []), list):
        yield f"3 {path}.annotations: not a list"


def filled_complaints(text: object, path: str, facts: Facts) -> Iterator[str]:
    """Complain about an empty text; Claude also rejects white space only."""
    if not isinstance(text, str) or not text or (facts.vendor == "anthropic" and not text.strip()):
        yield f"14.8 {path}: empty text"


def media_complaints(part: Mapping[str, Any], kind: str, path: str, facts: Facts, parses_files: bool) -> Iterator[str]:
    readable = facts.reads(MODALITY[kind])
    if not readable and not (kind == "input_file" and parses_files and is_pdf(part)):
        yield f"14.8 {path}: the model does not accept {MODALITY[kind]}"
    if kind == "input_image":
        yield from image_complaints(part, path)
    elif kind == "input_file":
        yield from file_complaints(part, path)
    elif kind == "input_audio":
        yield from audio_complaints(part.get("input_audio"), path)
    elif not url_fits(part.get("video_url"), VIDEOS):
        yield f"3 {path}.video_url: neither an https address nor a typed video"


def image_complaints(part: Mapping[str, Any], path: str) -> Iterator[str]:
    if part.get("detail") not in DETAILS:
        yield f"14.8 {path}.detail: {part.get('detail')!r:.60}"
    if "image_url" in part:
        if not url_fits(part["image_url"], IMAGES):
            yield f"14.8 {path}.image_url: neither an https address nor a typed image"
    elif not is_text(part.get("file_id")):
        yield f"3 {path}: contains no image"


def file_complaints(part: Mapping[str, Any], path: str) -> Iterator[str]:
    if not is_text(part.get("filename")):
        yield f"3 {path}.filename: missing"
    if not {"file_data", "file_url", "file_id"} & part.keys():
        yield f"3 {path}: contains no file"
    if "file_data" in part and not is_data_url(part["file_data"], None):
        yield f"3 {path}.file_data: not a data URL"
    if "file_url" in part and not is_https(part["file_url"]):
        yield f"3 {path}.file_url: not an https address"
    if "file_id" in part and not is_text(part["file_id"]):
        yield f"3 {path}.file_id: empty"


def audio_complaints(audio: Any, path: str) -> Iterator[str]:
    if not isinstance(audio, Mapping) or audio.keys() != {"data", "format"}:
        yield f"3 {path}.input_audio: not data and format"
        return
    if audio["format"] not in ("mp3", "wav"):
        yield f"3 {path}.input_audio.format: {audio['format']!r:.60}"
    if not is_text(audio["data"]) or not is_base64(audio["data"]):
        yield f"3 {path}.input_audio.data: not bare base64"


def is_pdf(part: Mapping[str, Any]) -> bool:
    """Return whether the parsing plugin converts the file to text."""
    return str(part.get("file_data", "")).startswith("data:application/pdf") or str(
        part.get("filename", "")
    ).lower().endswith(".pdf")


def url_fits(value: object, types: frozenset[str]) -> bool:
    """Return whether a value is an https address or a data URL of one of the media types."""
    return is_data_url(value, types) if isinstance(value, str) and value.startswith("data:") else is_https(value)


def is_https(value: object) -> bool:
    if not isinstance(value, str) or not value.startswith("https://") or re.search(r"\s", value):
        return False
    try:
        return bool(urlsplit(value).hostname)
    except ValueError:
        return False


def is_data_url(value: object, types: frozenset[str] | None) -> bool:
    """Return whether a value is a non-empty `data:type;base64,...`; `types` None allows any type."""
    head = DATA_URL.match(value) if isinstance(value, str) else None
    if head is None or not isinstance(value, str) or (types is not None and head[1] not in types):
        return False
    return len(value) > head.end() and is_base64(value[head.end() :])


def is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True
