"""Convert one stored value, of any type, to the type of its setting."""

import math
import re
from collections.abc import Callable

from entrypoints.settings_rows import Kind, Mend, Secret, Setting

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_NOTHING = frozenset({"none", "null"})
_LONGEST = 1_000_000  # characters of one text
_MOST = 1_000_000_000  # limit of numbers whose row sets none; still safe for clocks and sockets


class Unusable(Exception):
    """The value cannot be used; `remark` completes the sentence "the value ..."."""

    def __init__(self, remark: str) -> None:
        super().__init__(remark)
        self.remark = remark


def is_empty(raw: object) -> bool:
    """Return whether `raw` means that no value is set: None or blank text."""
    return raw is None or (isinstance(raw, str) and not raw.strip())


def coerce(row: Setting, raw: object) -> tuple[object, str]:
    """Return the value in the row's type, and a remark that is empty unless the value had to be changed.

    Raises Unusable, and nothing else, if `raw` cannot be converted.
    """
    if row.nullable and isinstance(raw, str) and raw.strip().lower() in _NOTHING:
        return None, ""
    if row.kind == "choice":
        return _choice(row, raw), ""
    if row.rule.mend is not None:
        return _mended(row, row.rule.mend, raw)
    value = _PARSERS[row.kind](raw)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _within(row, value)
    if row.rule.pattern and not re.fullmatch(row.rule.pattern, str(value)):
        raise Unusable("does not have the expected form")
    return value, ""


def _mended(row: Setting, mend: Mend, raw: object) -> tuple[object, str]:
    given = _text(raw)
    meant = mend.apply(given)
    remark = mend.remark if isinstance(mend.remark, str) else mend.remark(given)
    if not meant:
        raise Unusable("holds nothing that can be used" if mend.harmless else remark)
    return _PARSERS[row.kind](meant), "" if meant == given else remark


def _within(row: Setting, value: float) -> tuple[float, str]:
    low = -_MOST if row.rule.low is None else row.rule.low
    high = _MOST if row.rule.high is None else row.rule.high
    if value < low:
        return type(value)(low), f"is below the minimum, {low:g}"
    if value > high:
        return type(value)(high), f"is above the maximum, {high:g}"
    return value, ""


def _choice(row: Setting, raw: object) -> str:
    given = _text(raw).lower()
    for choice in row.choices:
        if choice.lower() == given:
            return choice
    raise Unusable(f"is not one of {', '.join(row.choices)}")


def _bool(raw: object) -> bool:
    given = _text(raw).lower()
    if given in _YES:
        return True
    if given in _NO:
        return False
    raise Unusable("is neither true nor false")


def _int(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    number = _number(raw, "is not a whole number")
    if not number.is_integer():
        raise Unusable("is not a whole number")
    return int(number)


def _float(raw: object) -> float:
    return _number(raw, "is not a number")


def _number(raw: object, remark: str) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Unusable(remark)
    try:
        number = float(raw)
    except (ValueError, OverflowError):
        raise Unusable(remark) from None
    if not math.isfinite(number):
        raise Unusable(remark)
    return number


def _text(raw: object) -> str:
    if not isinstance(raw, str | int | float):
        raise Unusable("is not text")
    try:
        text = str(raw).strip()
        text.encode()
    except ValueError:  # a number with thousands of digits, or an unpaired surrogate
        raise Unusable("is not readable text") from None
    if len(text) > _LONGEST:
        raise Unusable(f"is longer than {_LONGEST} characters")
    return text


def _secret(raw: object) -> Secret:
    return Secret(_text(raw))


_PARSERS: dict[Kind, Callable[[object], object]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "str": _text,
    "secret": _secret,
}
