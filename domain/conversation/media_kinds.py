"""The media of messages, and which kinds of each upstream takes. Source: OpenRouter API reference, content parts."""

import re
from enum import Enum

from ports.catalog import Model
from ports.pictures import KINDS


class Medium(Enum):
    """A medium; the value is the name of its modality in the catalog."""

    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    VIDEO = "video"


PARTS = {f"input_{medium.value}": medium for medium in Medium}
"""The types of parts that hold a medium, as upstream takes them."""
PDF, WEB_PAGE, PLAIN, UNKNOWN = "application/pdf", "text/html", "text/plain", "application/octet-stream"
TAKEN = {
    Medium.IMAGE: frozenset(f"image/{kind}" for kind in KINDS),
    Medium.AUDIO: frozenset({"audio/mpeg", "audio/wav"}),
    Medium.VIDEO: frozenset({"video/mp4", "video/mpeg", "video/mov", "video/webm"}),
}
"""MIME types that upstream takes, as `canonical` spells them; files may be of any kind."""
FORMATS = {"audio/mpeg": "mp3", "audio/wav": "wav"}
_SPELLINGS = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "video/quicktime": "video/mov",
}
_ENDINGS = {"plain": "txt", "mpeg": "mp3"}
_FAMILIES = ("image", "audio", "video")
LONGEST_ENDING = 5
_MIME = re.compile(r"[a-z0-9][\w.+-]{0,63}/[a-z0-9][\w.+-]{0,127}", re.ASCII)


def canonical(mime: str) -> str:
    """Return a MIME type in lower case, without parameters, in its usual spelling; "" for what is none."""
    plain = mime.partition(";")[0].strip().lower()
    return _SPELLINGS.get(plain, plain) if _MIME.fullmatch(plain) else ""


def medium_of(mime: str) -> Medium:
    """Return the medium of a MIME type; whatever is no picture, sound or video is a file."""
    family = canonical(mime).partition("/")[0]
    return {"image": Medium.IMAGE, "audio": Medium.AUDIO, "video": Medium.VIDEO}.get(family, Medium.FILE)


def takes(model: Model | None, medium: Medium) -> bool:
    """Return whether a model takes a medium; yes if the catalog does not say."""
    return model is None or not model.input_modalities or medium.value in model.input_modalities


def default_name(mime: str) -> str:
    """Return a name for a medium that has none: some hosts of models refuse files without an ending."""
    family, _, kind = mime.partition("/")
    ending = _ENDINGS.get(kind, kind if kind.isalnum() and len(kind) <= LONGEST_ENDING else "bin")
    return f"{family if family in _FAMILIES else 'file'}.{ending}"
