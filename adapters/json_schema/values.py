"""JSON values: their types, equality as JSON Schema has it, and how they are shown in an error."""

from itertools import islice
from typing import Any

from ports.work_budget import WorkBudget

SHOWN, ENTRIES, LEVELS = 300, 80, 5
"""Characters of a text, entries and levels of a container that an error shows at most."""
LONGEST_NUMBER = 14_000
"""Bits: Python writes no longer number as text."""


def is_type(value: Any, name: str) -> bool:
    """Return whether a value has a type of JSON Schema: 1.0 is an integer, True is no number."""
    if name == "object":
        return isinstance(value, dict)
    if name == "array":
        return isinstance(value, list)
    if name == "string":
        return isinstance(value, str)
    if name == "boolean":
        return isinstance(value, bool)
    if name == "null":
        return value is None
    return is_number(value) and (name == "number" or isinstance(value, int) or bool(value.is_integer()))


def is_number(value: Any) -> bool:
    """Return whether a value is a number: a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def canonical(value: Any, budget: WorkBudget) -> str:
    """Return a text that is the same for equal values and no others: 1 and 1.0 are equal, 1 and True are not.

    Texts are compared instead of values because their hashes cannot be foretold: numbers can be chosen so that all of
    them have the same hash. Raises ValueError for a number that is too long.
    """
    budget.spend()
    if isinstance(value, str):
        budget.spend(len(value) // 256)
        return f"s{len(value)}:{value}"
    if value is None or isinstance(value, bool):
        return f"c{value}"
    if isinstance(value, float) and not value.is_integer():
        return f"n{value!r}"
    if isinstance(value, int | float):
        whole = int(value)
        budget.spend(whole.bit_length() // 64)
        return f"n{whole}"
    if isinstance(value, dict):
        entries = sorted(canonical(key, budget) + canonical(entry, budget) for key, entry in value.items())
        return f"o{len(entries)}:{''.join(entries)}"
    return f"a{len(value)}:{''.join([canonical(entry, budget) for entry in value])}"


def shown(value: Any, levels: int = LEVELS) -> str:
    """Return a value as an error shows it, without working through a large one."""
    if isinstance(value, str):
        return repr(value[:SHOWN])
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        return "a very long number"
    if not isinstance(value, dict | list):
        return repr(value)
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    if levels == 0:
        return f"{opening}...{closing}"
    texts: list[str] = []
    length = 0
    for entry in islice(value, ENTRIES):
        said = f"{shown(entry)}: {shown(value[entry], levels - 1)}" if isinstance(value, dict) else ""
        texts.append(said or shown(entry, levels - 1))
        length += len(texts[-1])
        if length > SHOWN:
            break
    more = ["..."] if len(texts) < len(value) else []
    return f"{opening}{', '.join([*texts, *more])}{closing}"
