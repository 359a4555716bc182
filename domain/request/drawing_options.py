"""The options of a request to draw: size, number, quality and so on, within what the catalog says of the model.

Callers name them beside the messages or in `image_config`; the names are those of `POST /images`. An option that the
model does not list, or a value it does not list, is left out by name; a number is moved into the model's bounds.
Source: the request model of the official SDK, image generation.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import gcd

from domain.catalog.picture_models import FORMAT
from domain.request.lost import LONGEST_LABEL
from domain.request.shapes import LARGEST
from domain.request.turn_request import Parameters
from ports.catalog import PictureOption

RATIOS = (
    *("1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "2.35:1", "3:2", "3:4", "4:1", "4:3", "4:5", "5:2", "5:4", "5:7"),
    *("7:5", "8:1", "9:16", "16:9", "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto"),
)
RESOLUTIONS = ("512", "768", "1K", "1.5K", "2K", "4K")
WORDS: Mapping[str, tuple[str, ...]] = {
    "aspect_ratio": RATIOS,
    "resolution": RESOLUTIONS,
    "quality": ("auto", "low", "medium", "high", "xhigh", "max"),
    FORMAT: ("png", "jpeg", "webp"),
    "background": ("auto", "transparent", "opaque"),
}
"""The values of the options that are texts, for models of which the catalog lists none."""
KNOWN_FORMATS = frozenset(WORDS[FORMAT])
"""Without SVG, which no page shows."""
NUMBERS: Mapping[str, tuple[int, int]] = {
    "n": (1, 10),
    "output_compression": (0, 100),
    "seed": (-LARGEST, LARGEST),
}
"""The bounds of the options that are numbers."""
SIZE = "size"
NAMES = (*NUMBERS, *WORDS, SIZE)
_ALIASES = {"image_size": "resolution"}
"""Names that models of chats have for an option."""
_PIXELS = re.compile(r"(\d{2,5})[x*](\d{2,5})", re.ASCII)
_OPAQUE_FORMATS = ("jpeg",)


@dataclass(slots=True)
class _Sheet:
    """What is sent so far, where each option was named, and what is left out. `accepted`: None if nobody knows."""

    accepted: Mapping[str, PictureOption] | None
    sent: dict[str, object] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def takes(self, name: str) -> bool:
        return self.accepted is None or name in self.accepted

    def option(self, name: str) -> PictureOption:
        return (self.accepted or {}).get(name) or PictureOption(name)

    def drop(self, name: str) -> None:
        if self.sent.pop(name, None) is not None:
            self.left_out.append(self.labels.get(name, name))


def drawing_options(
    asked: Parameters, accepted: Mapping[str, PictureOption] | None
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the options to send, and the names of those that are left out.

    `accepted`: what the model accepts, by name; None if the catalog does not say.
    """
    sheet = _Sheet(accepted)
    for name, label, value in _named(asked):
        option = _ALIASES.get(name, name)
        checked = _checked(sheet, option, value)
        if checked is None:
            sheet.left_out.append(label[:LONGEST_LABEL])
        else:
            sheet.sent[option], sheet.labels[option] = checked, label
    _settle_size(sheet)
    if sheet.sent.get("background") == "transparent" and sheet.sent.get("output_format") in _OPAQUE_FORMATS:
        sheet.drop("background")
    return {name: sheet.sent[name] for name in NAMES if name in sheet.sent}, tuple(sheet.left_out)


def number_asked(asked: Parameters) -> int:
    """Return how many pictures, or answers, a request asks for: one, unless it says more."""
    return _whole(asked.drawing.get("n")) or 1


def _named(asked: Parameters) -> Iterator[tuple[str, str, object]]:
    """Yield each option with the name to report it by; what stands beside the messages counts last, and so more."""
    config = {name: value for name, value in (asked.image_config or {}).items() if value is not None}
    beside = {"seed": asked.chat_only.get("seed"), **asked.drawing}
    named = {name for name, value in beside.items() if value is not None}
    for name, value in config.items():
        if _ALIASES.get(str(name), name) not in named:
            yield str(name), f"image_config.{name}", value
    for name, value in beside.items():
        if value is not None:
            yield name, name, value


def _checked(sheet: _Sheet, name: str, value: object) -> object:
    """Return the value to send; None if it, or the option, is not accepted. A size is judged later."""
    if name == SIZE:
        return _text(value)
    if name in NUMBERS and sheet.takes(name):
        low, high = NUMBERS[name]
        option = sheet.option(name)
        least, most = max(low, option.least if option.least is not None else low), option.most
        number = _whole(value)
        return None if number is None or number < low else min(max(number, least), high if most is None else most, high)
    if name in WORDS and sheet.takes(name):
        listed = sheet.option(name).values or WORDS[name]
        return _word(_text(value), KNOWN_FORMATS.intersection(listed) if name == FORMAT else listed)
    return None


def _settle_size(sheet: _Sheet) -> None:
    """Send a size as the model takes it: as it is, as a resolution, or as the ratio of its sides.

    Upstream refuses a resolution or a ratio beside a size in pixels.
    """
    size = sheet.sent.pop(SIZE, None)
    if not isinstance(size, str) or size.casefold() == "auto":
        return
    tier, pixels = _word(size, RESOLUTIONS), _PIXELS.fullmatch(size.casefold())
    listed = sheet.option(SIZE).values
    if pixels and sheet.takes(SIZE) and (not listed or _word(f"{pixels[1]}x{pixels[2]}", listed)):
        sheet.drop("resolution")
        sheet.drop("aspect_ratio")
        sheet.sent[SIZE] = f"{pixels[1]}x{pixels[2]}"
    elif pixels and (ratio := _checked(sheet, "aspect_ratio", _ratio(int(pixels[1]), int(pixels[2])))):
        sheet.sent.setdefault("aspect_ratio", ratio)
    elif tier and (known := _checked(sheet, "resolution", tier)):
        sheet.sent.setdefault("resolution", known)
    else:
        sheet.left_out.append(sheet.labels[SIZE])


def _ratio(width: int, height: int) -> str:
    most = gcd(width, height) or 1
    return f"{width // most}:{height // most}"


def _word(value: str | None, listed: Iterable[str]) -> str | None:
    """Return a word as it is listed, whatever its case; None if it is not."""
    return next((word for word in listed if value is not None and word.casefold() == value.casefold()), None)


def _text(value: object) -> str | None:
    """Read a text; forms of hosts turn `512` into a number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST:
        return str(value)
    return value.strip() if isinstance(value, str) and 0 < len(value) <= LONGEST_LABEL else None


def _whole(value: object) -> int | None:
    """Read a whole number, also as text or as a float with fraction zero."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,16}", value.strip(), re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST else None
