"""Judge the bytes of a medium: whether upstream takes them, and the part in which they go."""

from domain.conversation.left_out import Flaw
from domain.conversation.media_kinds import (
    FORMATS,
    PLAIN,
    TAKEN,
    UNKNOWN,
    WEB_PAGE,
    Medium,
    canonical,
)
from domain.conversation.resolved_parts import ResolvedPart

HEAD = 16 * 1024
"""Bytes from which a kind is recognised."""
_ENDS = {"image/png": b"IEND", "image/jpeg": b"\xff\xd9"}
_TEXTUAL = ("text/", "application/json", "application/xml", "application/x-yaml", "application/yaml")
_DOCUMENTS = (".pdf", ".docx", ".xlsx", ".pptx", ".odt", ".ods", ".epub", ".csv", ".json", ".zip")
"""Endings of files in whose place a server may send a page, such as one to sign in."""
_PAGE = (b"<!doctype html", b"<html")


def flaw_in(medium: Medium, content: bytes, seen: str, name: str = "") -> Flaw | None:
    """Return what keeps the bytes from being sent as the medium, None for nothing; `seen`: their kind as recognised.

    Pictures are not decoded: an incomplete one is recognised by its missing end, and none can grow when it is opened.
    """
    kind = canonical(seen)
    if not content:
        return Flaw.EMPTY
    if medium is Medium.FILE:
        return Flaw.WEB_PAGE if name.lower().endswith(_DOCUMENTS) and is_page(content) else None
    if kind in TAKEN[medium]:
        return None if medium is not Medium.IMAGE or _ends(content, kind) else Flaw.DAMAGED
    return Flaw.WEB_PAGE if kind == WEB_PAGE or is_page(content) else Flaw.WRONG_KIND


def is_page(content: bytes) -> bool:
    """Return whether bytes begin as a web page does."""
    return content[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE)


def kind_of(content: bytes, seen: str, declared: str) -> str:
    """Return the MIME type of a file: as recognised, else as declared if bytes can be of it, else text or unknown."""
    recognised, said = canonical(seen), canonical(declared)
    if recognised:
        return recognised
    textual = _is_text(content)
    if said and said != UNKNOWN and (textual or not said.startswith(_TEXTUAL)):
        return said
    return PLAIN if textual else UNKNOWN


def head_for(medium: Medium, mime: str) -> str:
    """Return what goes before the base64 of a medium: the head of a data URL, nothing for sound."""
    return "" if medium is Medium.AUDIO else f"data:{mime};base64,"


def part_of(medium: Medium, mime: str, text: str, name: str, detail: str) -> ResolvedPart:
    """Return the part of a medium; `text`: its base64 behind `head_for` of it, or an address upstream opens."""
    match medium:
        case Medium.IMAGE:
            return ResolvedPart({"type": "input_image", "detail": detail or "auto", "image_url": text})
        case Medium.AUDIO:
            return ResolvedPart(
                {"type": "input_audio", "input_audio": {"data": text, "format": FORMATS[mime]}},
            )
        case Medium.VIDEO:
            return ResolvedPart({"type": "input_video", "video_url": text})
        case Medium.FILE:
            return ResolvedPart({"type": "input_file", "filename": name, "file_data": text})


def _ends(content: bytes, kind: str) -> bool:
    """Return whether a picture is complete. Cameras append to JPEG files, so its end may be anywhere."""
    if kind in _ENDS:
        return content.rfind(_ENDS[kind]) > 0
    if kind == "image/gif":
        return content[-64:].rstrip(b"\0").endswith(b";")
    return int.from_bytes(content[4:8], "little") + 8 <= len(content)


def _is_text(content: bytes) -> bool:
    head = content[:HEAD]
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and len(content) > len(head) and b"\0" not in head
    return b"\0" not in head
