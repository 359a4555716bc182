"""Reduce opaque objects of a caller to the keys and types that upstream accepts.

A shape is a table of keys and checks; a check returns the value to send, or None to omit the key.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

Check = Callable[[object], object]
Shape = Mapping[str, Check]
LONGEST_TEXT, MOST_ENTRIES = 256, 64


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
