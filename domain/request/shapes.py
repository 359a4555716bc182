"""Reduce opaque objects of a caller to the keys and types that upstream accepts.

A shape is a table of keys and checks; a check returns the value to send, or None to omit the key.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from domain.tools.schema_bounds import is_bounded

Check = Callable[[object], object]
Shape = Mapping[str, Check]
LONGEST_TEXT, MOST_ENTRIES = 256, 64
LONGEST_PROSE = 1_000_000
_DAY = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def reduced(value: object, shape: Shape) -> dict[str, object]:
    """Return the keys of an object that pass their checks, in the shape's order."""
    if not isinstance(value, dict):
        return {}
    checked = {key: check(value[key]) for key, check in shape.items() if value.get(key) is not None}
    return {key: entry for key, entry in checked.items() if entry is not None}


def flag(value: object) -> bool | None:
    """Accept a boolean."""
    return value if isinstance(value, bool) else None


def text(value: object) -> str | None:
    """Accept a text of one to 256 characters."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT else None


def texts(value: object) -> list[str] | None:
    """Accept a list of texts or a single text; entries of other types are omitted."""
    entries = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    kept = [entry for entry in entries if text(entry) is not None][:MOST_ENTRIES]
    return kept or None


def one_of(*choices: str) -> Check:
    """Accept one of the words."""
    return lambda value: value if isinstance(value, str) and value in choices else None


def some_of(*choices: str) -> Check:
    """Accept a list of the words; other entries are omitted."""

    def check(value: object) -> list[str] | None:
        entries = value if isinstance(value, list) else []
        kept = [entry for entry in entries if isinstance(entry, str) and entry in choices]
        return list(dict.fromkeys(kept)) or None

    return check


def whole(low: int, high: int) -> Check:
    """Accept a whole number within limits."""

    def check(value: object) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if low <= value <= high else None

    return check


def number(low: float, high: float) -> Check:
    """Accept a number within limits."""

    def check(value: object) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        return value if low <= value <= high else None

    return check


def price(value: object) -> str | None:
    """Accept an amount of zero or more; return it as decimal text, the form in which upstream accepts prices."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return f"{amount.normalize():f}" if amount.is_finite() and 0 <= amount < 10**9 else None


def either(*checks: Check) -> Check:
    """Accept a value that one of the checks accepts; the first one decides."""

    def check(value: object) -> object:
        return next((taken for taken in (one(value) for one in checks) if taken is not None), None)

    return check


def inner(shape: Shape) -> Check:
    """Accept an object of which at least one key passes the shape."""
    return lambda value: reduced(value, shape) or None


def prose(value: object) -> str | None:
    """Accept a text of up to a million characters that is not blank: instructions, definitions, addresses."""
    return value if isinstance(value, str) and value.strip() and len(value) <= LONGEST_PROSE else None


def day(value: object) -> str | None:
    """Accept a date, as `2026-01-31`."""
    return value if isinstance(value, str) and _DAY.fullmatch(value) else None


def scalar(value: object) -> str | int | float | bool | None:
    """Accept a text, a number or a flag."""
    if isinstance(value, str):
        return text(value)
    return value if isinstance(value, int | float) else None


def opaque(value: object) -> dict[str, object] | None:
    """Accept an object of any content that is small and shallow enough for every receiver."""
    return value if isinstance(value, dict) and value and is_bounded(value) else None


def texts_by_name(value: object) -> dict[str, str] | None:
    """Accept an object of texts, such as headers; other entries are omitted."""
    if not isinstance(value, dict):
        return None
    entries = [(key, entry) for key, entry in value.items() if text(key) and prose(entry)]
    return dict(entries[:MOST_ENTRIES]) or None


def listed(check: Check, *, may_be_empty: bool = False) -> Check:
    """Accept a list of the entries that pass a check."""

    def checked(value: object) -> list[object] | None:
        if not isinstance(value, list):
            return None
        kept = [taken for taken in map(check, value[:MOST_ENTRIES]) if taken is not None]
        return kept if kept or (may_be_empty and not value) else None

    return checked


def whole_with(shape: Shape, *required: str) -> Check:
    """Accept an object in which the required keys pass the shape."""

    def check(value: object) -> dict[str, object] | None:
        kept = reduced(value, shape)
        return kept if kept and all(key in kept for key in required) else None

    return check
