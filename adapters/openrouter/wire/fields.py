"""Reads one value of upstream's JSON without trusting its type: a wrong type counts as absent."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ports.json_values import JsonObject

NOTHING: JsonObject = {}
LARGEST_COUNT = 10**12
LARGEST_AMOUNT = Decimal(LARGEST_COUNT)


def mapping(value: object) -> Mapping[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def text(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the strings of a list; a lone string counts as a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()


def objects(value: object) -> tuple[JsonObject, ...]:
    """Return the objects of a list."""
    return tuple(entry for entry in value if isinstance(entry, dict)) if isinstance(value, list) else ()


def count(value: object) -> int:
    """Return an integer below `LARGEST_COUNT`, also as text or as a float with fraction zero; otherwise 0."""
    if value.__class__ is int:
        return value if 0 < value < LARGEST_COUNT else 0
    number = amount(value)
    return int(number) if number is not None and number == number.to_integral_value() else 0


def position(value: object) -> int:
    """Return the position of an item, an integer of zero or more; -1 when it is absent."""
    return count(value) if value not in (None, "") and amount(value) is not None else -1


def count_or_none(value: object) -> int | None:
    """Return `count`, None when it is zero or absent."""
    return count(value) or None


def amount(value: object) -> Decimal | None:
    """Return a finite number of zero or more as an exact Decimal; None otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and 0 <= number < LARGEST_AMOUNT else None


def balance(value: object) -> Decimal | None:
    """Return `amount`, and zero for a number below zero: what is overdrawn is used up."""
    if isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST_COUNT < value < 0:
        return Decimal(0)
    return amount(value)


def flag(value: object) -> bool | None:
    """Return `value` if it is a boolean, else None."""
    return value if isinstance(value, bool) else None


def first_text(values: Iterable[object]) -> str:
    """Return the first value that is a non-empty string."""
    return next((value for value in values if isinstance(value, str) and value.strip()), "")
