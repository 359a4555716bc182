"""Opaque objects of a caller, reduced to the keys and types upstream takes.

A shape is a table of keys and checks; a check returns the value to send, or None to leave the key out.
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
    """Take a boolean."""
    return value if isinstance(value, bool) else None


def text(value: object) -> str | None:
    """Take a text of one to 256 characters."""
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT else None


def texts(value: object) -> list[str] | None:
    """Take a list of texts, one alone too; entries of other types are left out."""
    entries = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    kept = [entry for entry in entries if text(entry) is not None][:MOST_ENTRIES]
    return kept or None


def one_of(*choices: str) -> Check:
    """Take one of some words."""
    return lambda value: value if isinstance(value, str) and value in choices else None


def some_of(*choices: str) -> Check:
    """Take a list of some words."""

    def check(value: object) -> list[str] | None:
        entries = value if isinstance(value, list) else []
        kept = [entry for entry in entries if isinstance(entry, str) and entry in choices]
        return list(dict.fromkeys(kept)) or None

    return check


def whole(low: int, high: int) -> Check:
    """Take a whole number within limits."""

    def check(value: object) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        return value if low <= value <= high else None

    return check


def number(low: float, high: float) -> Check:
    """Take a number within limits."""

    def check(value: object) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        return value if low <= value <= high else None

    return check


def price(value: object) -> str | None:
    """Take an amount of zero or more as a decimal text, which is how upstream wants prices."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return f"{amount.normalize():f}" if amount.is_finite() and 0 <= amount < 10**9 else None


def either(*checks: Check) -> Check:
    """Take what the first fitting check returns."""

    def check(value: object) -> object:
        return next((taken for taken in (one(value) for one in checks) if taken is not None), None)

    return check


def inner(shape: Shape) -> Check:
    """Take an object of a shape, if anything of it is left."""
    return lambda value: reduced(value, shape) or None
