"""Judges a value by a schema, keyword by keyword, and stops at the first violation.

What a schema says about a value itself comes first, then its parts, then the schemas it combines. Every keyword, entry
and comparison is a step of the budget. Source: JSON Schema 2020-12, core and validation; `format` is an annotation.
"""

from collections.abc import Callable, Iterable
from typing import Any

from adapters.json_schema.assertions import ASSERTIONS, Means, Node, Path, Violation
from adapters.json_schema.evaluated import items_left, properties_left
from adapters.json_schema.patterns import matches
from adapters.json_schema.references import References
from adapters.json_schema.values import shown
from ports.work_budget import WorkBudget

DEEPEST = 200
"""Schemas that apply inside one another: each takes three frames of the stack."""


class Judging(Means):
    """One judgement: the schema's references, its kept enumerations, and the budget.

    Raises BudgetSpent, NoSchema, and RecursionError before the stack of a small thread could overflow.
    """

    def __init__(self, references: References, listed: dict[int, frozenset[str]], budget: WorkBudget) -> None:
        super().__init__(listed, budget)
        self.references = references
        self._levels = 0

    def violation(self, schema: Any, value: Any, path: Path = ()) -> Violation | None:
        """Return the first violation of a schema by a value; None if it is valid."""
        self.budget.spend()
        if isinstance(schema, bool):
            return None if schema else Violation(path, f"no value is allowed here, this is {shown(value)}")
        if self._levels == DEEPEST:
            raise RecursionError
        self._levels += 1
        try:
            for key in _ORDER if len(schema) > len(_ORDER) else _ordered(schema):
                if key in schema:
                    self.budget.spend()
                    found = _KEYWORDS[key](self, schema[key], value, schema, path)
                    if found is not None:
                        return found
        finally:
            self._levels -= 1
        return None

    def holds(self, schema: Any, value: Any) -> bool:
        """Return whether a value is valid by a schema."""
        return self.violation(schema, value) is None


def _property_names(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return _first(judge.violation(given, name, path) for name in value) if isinstance(value, dict) else None


def _properties(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    judge.budget.spend(min(len(given), len(value)))
    names = [name for name in given if name in value] if len(given) <= len(value) else [n for n in value if n in given]
    return _first(judge.violation(given[name], value[name], (*path, name)) for name in names)


def _pattern_properties(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    return _first(
        judge.violation(part, entry, (*path, name))
        for pattern, part in given.items()
        for name, entry in value.items()
        if matches(pattern, name, judge.budget)
    )


def _additional(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    known, patterns = node.get("properties", {}), node.get("patternProperties", {})
    judge.budget.spend(len(value))
    names = [
        name
        for name in value
        if name not in known and all(matches(pattern, name, judge.budget) is False for pattern in patterns)
    ]
    if given is False and names:
        return Violation(path, _unexpected("Additional properties", names))
    return _first(judge.violation(given, value[name], (*path, name)) for name in names)


def _prefix(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    pairs = enumerate(zip(given, value, strict=False))
    return _first(judge.violation(part, entry, (*path, place)) for place, (part, entry) in pairs)


def _items(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    first = len(node.get("prefixItems", ()))
    return _first(judge.violation(given, value[place], (*path, place)) for place in range(first, len(value)))


def _contains(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    least, most = node.get("minContains", 1), node.get("maxContains")
    count = sum(judge.holds(given, entry) for entry in value)
    if count < least:
        return Violation(path, f"{shown(value)} has too few items that match the schema of 'contains'")
    if most is not None and count > most:
        return Violation(path, f"{shown(value)} has too many items that match the schema of 'contains'")
    return None


def _reference(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return judge.violation(judge.references.target(given, judge.budget), value, path)


def _all_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return _first(judge.violation(part, value, path) for part in given)


def _any_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    found: list[Violation] = []
    for part in given:
        wrong = judge.violation(part, value, path)
        if wrong is None:
            return None
        found.append(wrong)
    return _nearest(found, value, path)


def _one_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    found = [wrong for part in given if (wrong := judge.violation(part, value, path)) is not None]
    valid = len(given) - len(found)
    if valid == 0:
        return _nearest(found, value, path)
    return None if valid == 1 else Violation(path, f"{shown(value)} is valid under more than one of the given schemas")


def _not(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return (
        Violation(path, f"{shown(value)} should not be valid under {shown(given)}")
        if judge.holds(given, value)
        else None
    )


def _if(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    then = node.get("then" if judge.holds(given, value) else "else", True)
    return judge.violation(then, value, path)


def _dependent_schemas(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    judge.budget.spend(len(given))
    return _first(judge.violation(part, value, path) for name, part in given.items() if name in value)


def _unevaluated_properties(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    names = properties_left(judge, node, value) if isinstance(value, dict) else []
    if given is False and names:
        return Violation(path, _unexpected("Unevaluated properties", names))
    return _first(judge.violation(given, value[name], (*path, name)) for name in names)


def _unevaluated_items(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    places = items_left(judge, node, value) if isinstance(value, list) else []
    return _first(judge.violation(given, value[place], (*path, place)) for place in places)


def _ordered(schema: Node) -> list[str]:
    return sorted(schema.keys() & _PLACES.keys(), key=_PLACES.__getitem__)


def _first(found: Iterable[Violation | None]) -> Violation | None:
    return next((violation for violation in found if violation is not None), None)


def _nearest(found: list[Violation], value: object, path: Path) -> Violation:
    """Return why no part of a choice fits: of the only part that fits so far, what is wrong deeper inside."""
    deepest = max(found, key=lambda violation: len(violation.path))
    alone = sum(len(violation.path) == len(deepest.path) for violation in found) == 1
    if alone and len(deepest.path) > len(path):
        return deepest
    return Violation(path, f"{shown(value)} is not valid under any of the given schemas")


def _unexpected(what: str, names: list[str]) -> str:
    verb = "was" if len(names) == 1 else "were"
    return f"{what} are not allowed ({', '.join(shown(name) for name in names[:20])} {verb} unexpected)"


_KEYWORDS: dict[str, Callable[[Judging, Any, Any, Node, Path], Violation | None]] = {
    **ASSERTIONS,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "prefixItems": _prefix,
    "items": _items,
    "contains": _contains,
    "$ref": _reference,
    "$dynamicRef": _reference,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
    "dependentSchemas": _dependent_schemas,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
}
_ORDER = tuple(_KEYWORDS)
_PLACES = {key: place for place, key in enumerate(_ORDER)}
