"""Reduce opaque objects of a caller to the keys and types that upstream accepts.

A shape is a table of keys and checks; a check returns the value to send, or None to omit the key. Checks that contain
shapes or words are values, so that `coverage` can list what they accept.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, InvalidOperation

Check = Callable[[object], object]
Shape = Mapping[str, Check]
LONGEST_TEXT, MOST_ENTRIES = 256, 64
LONGEST_PROSE = 1_000_000
"""Characters of instructions, definitions and addresses; more would cost memory in every copy of the body."""
LONGEST_VALUE, LARGEST = 8000, 2**53 - 1
_PRICES = Context(Emin=-30)  # less than anybody charges is nothing: `1e-900000` would be 900,000 digits
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def reduced(value: object, shape: Shape) -> dict[str, object]:
    """Return the keys of an object that pass their checks, in the shape's order."""
    if not isinstance(value, dict):
        return {}
    checked = {key: check(value[key]) for key, check in shape.items() if value.get(key) is not None}
    return {key: entry for key, entry in checked.items() if entry is not None}


def flag(value: object) -> bool | None:
    """Accept a boolean."""
    return value if isinstance(value, bool) else None


def scalar(value: object) -> object:
    """Accept a text of at most 8,000 characters, a flag, or a number that every JSON parser represents exactly."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if len(value) <= LONGEST_VALUE else None
    return value if isinstance(value, int | float) and abs(value) <= LARGEST else None


def units(value: str) -> int:
    """Return the length of a text as upstream counts it: in units of UTF-16."""
    return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2


def text(value: object) -> str | None:
    """Accept a text of one to 256 characters."""
    return value if isinstance(value, str) and value.strip("\0") and units(value) <= LONGEST_TEXT else None


def texts(value: object) -> list[str] | None:
    """Accept a list of texts or a single text; entries of other types are omitted."""
    entries = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    kept = [entry for entry in entries if text(entry) is not None][:MOST_ENTRIES]
    return kept or None


def words(longest: int) -> Check:
    """Accept a text of one to `longest` characters that is not blank."""
    return lambda value: value if isinstance(value, str) and len(value) <= longest and value.strip("\0 \n\t") else None


prose = words(LONGEST_PROSE)


def named(longest: int) -> Check:
    """Accept a text of at most `longest` characters, or a number as its text: hosts parse `12345` in a form."""

    def check(value: object) -> str | None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value) if abs(value) <= LARGEST else ""
        return value if isinstance(value, str) and value.strip("\0 ") and units(value) <= longest else None

    return check


def day(value: object) -> str | None:
    """Accept a date as ISO 8601 writes it, such as `2026-01-31`."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        date.fromisoformat(value)
    except ValueError:
        return None
    return value


@dataclass(frozen=True, slots=True)
class OneOf:
    """Accept one of the words."""

    choices: tuple[str, ...]

    def __call__(self, value: object) -> str | None:
        return value if isinstance(value, str) and value in self.choices else None


@dataclass(frozen=True, slots=True)
class SomeOf:
    """Accept a list of the words; other entries are omitted."""

    choices: tuple[str, ...]

    def __call__(self, value: object) -> list[str] | None:
        entries = value if isinstance(value, list) else []
        kept = [entry for entry in entries if isinstance(entry, str) and entry in self.choices]
        return list(dict.fromkeys(kept)) or None


@dataclass(frozen=True, slots=True)
class Either:
    """Accept a value that one of the checks accepts; the first one decides."""

    checks: tuple[Check, ...]

    def __call__(self, value: object) -> object:
        return next((taken for taken in (one(value) for one in self.checks) if taken is not None), None)


@dataclass(frozen=True, slots=True)
class Inner:
    """Accept an object of which at least one key passes the shape, and every one of `required`.

    `bare`: an object without any key means something too.
    """

    shape: Shape
    required: tuple[str, ...] = ()
    bare: bool = False

    def __call__(self, value: object) -> dict[str, object] | None:
        if self.bare and value == {}:
            return {}
        kept = reduced(value, self.shape)
        return kept if kept and all(key in kept for key in self.required) else None


@dataclass(frozen=True, slots=True)
class Each:
    """Accept a list; entries that the check refuses, and those beyond `most`, are omitted.

    `bare`: a list without entries means something too.
    """

    check: Check
    most: int = MOST_ENTRIES
    bare: bool = False

    def __call__(self, value: object) -> list[object] | None:
        if self.bare and value == []:
            return []
        entries = value if isinstance(value, list) else []
        kept: list[object] = []
        for entry in entries[: self.most * 4]:
            taken = self.check(entry)
            if taken is not None:
                kept.append(taken)
        return kept[: self.most] or None


@dataclass(frozen=True, slots=True)
class Tagged:
    """Accept an object whose `tag` names one of `kinds`; all of that kind but the keys in `optional` is required."""

    kinds: Mapping[str, Shape]
    tag: str = "type"
    optional: frozenset[str] = frozenset()

    def __call__(self, value: object) -> dict[str, object] | None:
        kind = value.get(self.tag) if isinstance(value, dict) else None
        shape = self.kinds.get(kind) if isinstance(kind, str) else None
        if shape is None:
            return None
        kept = reduced(value, shape)
        return {self.tag: kind, **kept} if shape.keys() - self.optional <= kept.keys() else None


@dataclass(frozen=True, slots=True)
class Keyed:
    """Accept an object with keys of any name, at most `most` and `longest_key` characters each, and fitting values.

    Keys in `known` have checks of their own.
    """

    check: Check
    known: Shape = field(default_factory=dict)
    most: int = MOST_ENTRIES
    longest_key: int = 64
    forbidden: str = ""

    def __call__(self, value: object) -> dict[str, object] | None:
        kept: dict[str, object] = {}
        given = value if isinstance(value, dict) else {}
        known = [(key, given[key]) for key in self.known if key in given]
        for key, entry in (*known, *((key, given[key]) for key in given if key not in self.known)):
            if len(kept) == self.most:
                break
            if not isinstance(key, str) or not key.strip("\0") or units(key) > self.longest_key:
                continue
            if set(self.forbidden) & set(key):
                continue
            taken = None if entry is None else self.known.get(key, self.check)(entry)
            if taken is not None:
                kept[key] = taken
        return kept or None


@dataclass(frozen=True, slots=True)
class Opaque:
    """Accept an object whose content is not known here, of bounded size: values, levels, characters of all texts."""

    values: int = 2000
    levels: int = 16
    characters: int = 50_000

    def __call__(self, value: object) -> dict[str, object] | None:
        return value if isinstance(value, dict) and self._fits(value) else None

    def _fits(self, value: object) -> bool:
        waiting: list[tuple[object, int]] = [(value, self.levels)]
        values, characters = self.values, self.characters
        while waiting:
            one, levels = waiting.pop()
            values -= 1
            if isinstance(one, str):
                characters -= len(one)
            elif isinstance(one, dict | list):
                if levels == 0 or len(one) > values or (isinstance(one, dict) and not all(map(_is_text, one))):
                    return False
                characters -= sum(map(len, one)) if isinstance(one, dict) else 0
                waiting += [(entry, levels - 1) for entry in (one.values() if isinstance(one, dict) else one)]
            elif one is not None and scalar(one) is None:
                return False
            if values < 0 or characters < 0:
                return False
        return True


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def one_of(*choices: str) -> OneOf:
    """Accept one of the words."""
    return OneOf(choices)


def some_of(*choices: str) -> SomeOf:
    """Accept a list of the words; other entries are omitted."""
    return SomeOf(choices)


def either(*checks: Check) -> Either:
    """Accept a value that one of the checks accepts; the first one decides."""
    return Either(checks)


def inner(shape: Shape, *required: str) -> Inner:
    """Accept an object of which at least one key passes the shape, and every one of `required`."""
    return Inner(shape, required)


def whole(low: int, high: int) -> Check:
    """Accept a whole number within limits; `5.0` is one, because JSON has no integer type."""

    def check(value: object) -> int | None:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
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
    except (InvalidOperation, ValueError):
        return None
    return f"{amount.normalize(_PRICES):f}" if amount.is_finite() and 0 <= amount < 10**9 else None
