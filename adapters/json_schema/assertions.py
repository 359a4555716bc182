"""What a schema says about a value itself: its type, its bounds, its size, the values it may have.

Source: JSON Schema 2020-12, validation. `format` is an annotation and judges nothing.
"""

from collections.abc import Callable, Sized
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from adapters.json_schema.patterns import matches
from adapters.json_schema.values import canonical, is_number, is_type, shown
from ports.work_budget import WorkBudget

Path = tuple[object, ...]
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, and with which part of the value."""

    path: Path
    message: str


class Means:
    """What judging takes: the enumerations of the schema that were read before, by id, and the budget."""

    def __init__(self, listed: dict[int, frozenset[str]], budget: WorkBudget) -> None:
        self.listed, self.budget = listed, budget


def _type(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    kinds = [given] if isinstance(given, str) else given
    means.budget.spend(len(kinds))
    if any(is_type(value, kind) for kind in kinds):
        return None
    return Violation(path, f"{shown(value)} is not of type {', '.join(repr(kind) for kind in kinds[:7])}")


def _const(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    same = canonical(given, means.budget) == canonical(value, means.budget)
    return None if same else Violation(path, f"{shown(given)} was expected")


def _enum(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if id(given) not in means.listed:
        means.listed[id(given)] = frozenset(canonical(entry, means.budget) for entry in given)
    known = canonical(value, means.budget) in means.listed[id(given)]
    return None if known else Violation(path, f"{shown(value)} is not one of {shown(given)}")


def _bound(
    fits: Callable[[Any, Any], bool], words: str, means: Means, given: Any, value: Any, _node: Node, path: Path
) -> Violation | None:
    if not is_number(value) or fits(value, given):
        return None
    return Violation(path, f"{shown(value)} is {words} {shown(given)}")


def _multiple(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not is_number(value):
        return None
    means.budget.spend(sum(number.bit_length() // 256 for number in (given, value) if isinstance(number, int)))
    if isinstance(given, float):
        try:
            whole = int(value / given) == value / given
        except (OverflowError, ValueError):
            whole = Fraction(value) % Fraction(given) == 0
    else:
        whole = value % given == 0
    return None if whole else Violation(path, f"{shown(value)} is not a multiple of {shown(given)}")


def _size(
    kind: type[Sized], least: bool, words: str, means: Means, given: Any, value: Any, _node: Node, path: Path
) -> Violation | None:
    if not isinstance(value, kind) or (len(value) >= given if least else len(value) <= given):
        return None
    return Violation(path, f"{shown(value)} {words}")


def _pattern(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, str) or matches(given, value, means.budget) is not False:
        return None
    return Violation(path, f"{shown(value)} does not match {shown(given)}")


def _unique(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not given or not isinstance(value, list):
        return None
    seen: set[str] = set()
    for entry in value:
        text = canonical(entry, means.budget)
        if text in seen:
            return Violation(path, f"{shown(value)} has non-unique elements")
        seen.add(text)
    return None


def _required(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    means.budget.spend(len(given))
    missing = next((name for name in given if name not in value), None)
    return None if missing is None else Violation(path, f"{shown(missing)} is a required property")


def _dependent_required(means: Means, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    for name, names in given.items():
        means.budget.spend(1 + len(names))
        missing = next((other for other in names if other not in value), None) if name in value else None
        if missing is not None:
            return Violation(path, f"{shown(missing)} is a dependency of {shown(name)}")
    return None


ASSERTIONS: dict[str, Callable[[Means, Any, Any, Node, Path], Violation | None]] = {
    "type": _type,
    "const": _const,
    "enum": _enum,
    "required": _required,
    "minimum": partial(_bound, lambda value, given: value >= given, "less than the minimum of"),
    "maximum": partial(_bound, lambda value, given: value <= given, "greater than the maximum of"),
    "exclusiveMinimum": partial(_bound, lambda value, given: value > given, "less than or equal to the minimum of"),
    "exclusiveMaximum": partial(_bound, lambda value, given: value < given, "greater than or equal to the maximum of"),
    "multipleOf": _multiple,
    "minLength": partial(_size, str, True, "is too short"),
    "maxLength": partial(_size, str, False, "is too long"),
    "minItems": partial(_size, list, True, "is too short"),
    "maxItems": partial(_size, list, False, "is too long"),
    "minProperties": partial(_size, dict, True, "does not have enough properties"),
    "maxProperties": partial(_size, dict, False, "has too many properties"),
    "pattern": _pattern,
    "uniqueItems": _unique,
    "dependentRequired": _dependent_required,
}
"""By keyword: the judgement, from the keyword's value, the value, the schema and the path."""
