"""Judges a value by a schema, keyword by keyword, and stops at the first violation.

What a schema says about a value itself comes first, then its parts, then the schemas it combines. Every keyword, entry
and comparison is a step of the budget. Source: JSON Schema 2020-12, core and validation; `format` is an annotation.

A reference that leads back to a schema which is being applied to the same value decides nothing. Everything beside it
is judged nevertheless: the value is invalid if another keyword, part or entry says so whatever the reference says.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from adapters.json_schema.assertions import ASSERTIONS, Means, Node, Path, Violation
from adapters.json_schema.evaluated import items_left, properties_left
from adapters.json_schema.patterns import matches
from adapters.json_schema.references import References
from adapters.json_schema.values import shown
from ports.work_budget import WorkBudget

DEEPEST = 200
"""Schemas that apply inside one another: each takes three frames of the stack."""
CIRCLE = 100
"""Steps that a circular reference costs: a few are judged around, many ways back to the same schema end the check."""
Part = tuple[Any, Any, Path]
"""A schema, the value it applies to, and the path of that value."""


class CircularReference(Exception):
    """A reference leads back to a schema that is being applied to the same value, and nothing beside it decides."""


class Judging(Means):
    """One judgement: the schema's references, its kept enumerations, and the budget.

    Raises BudgetSpent, NoSchema, CircularReference if only circular references could still object, and RecursionError
    before the stack of a small thread could overflow.
    """

    def __init__(self, references: References, listed: dict[int, frozenset[str]], budget: WorkBudget) -> None:
        super().__init__(listed, budget)
        self.references = references
        self._open: set[tuple[int, int]] = set()  # ids of schemas and of the values they are being applied to

    def violation(self, schema: Any, value: Any, path: Path = ()) -> Violation | None:
        """Return the first violation of a schema by a value; None if it is valid."""
        self.budget.spend()
        if isinstance(schema, bool):
            return None if schema else Violation(path, f"no value is allowed here, this is {shown(value)}")
        here = id(schema), id(value)
        if here in self._open:
            self.budget.spend(CIRCLE)
            raise CircularReference
        if len(self._open) == DEEPEST:
            raise RecursionError
        self._open.add(here)
        circular = False
        try:
            for key in _ORDER if len(schema) > len(_ORDER) else _ordered(schema):
                if key in schema:
                    self.budget.spend()
                    try:
                        found = _KEYWORDS[key](self, schema[key], value, schema, path)
                    except CircularReference:
                        circular = True
                        continue
                    if found is not None:
                        return found
        finally:
            self._open.remove(here)
        if circular:
            raise CircularReference
        return None

    def holds(self, schema: Any, value: Any) -> bool:
        """Return whether a value is valid by a schema."""
        return self.violation(schema, value) is None

    def first(self, parts: Iterable[Part]) -> Violation | None:
        """Return the first violation among parts that must all be valid."""
        circular = False
        for schema, value, path in parts:
            try:
                found = self.violation(schema, value, path)
            except CircularReference:
                circular = True
                continue
            if found is not None:
                return found
        if circular:
            raise CircularReference
        return None

    def each(self, parts: Iterable[Part]) -> Iterator[Violation | CircularReference | None]:
        """Yield what is wrong with each of several parts that need not all be valid; None for one that is valid."""
        for schema, value, path in parts:
            try:
                said: Violation | CircularReference | None = self.violation(schema, value, path)
            except CircularReference:
                said = CircularReference()
            yield said


def _property_names(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return judge.first((given, name, path) for name in value) if isinstance(value, dict) else None


def _properties(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    judge.budget.spend(min(len(given), len(value)))
    names = [name for name in given if name in value] if len(given) <= len(value) else [n for n in value if n in given]
    return judge.first((given[name], value[name], (*path, name)) for name in names)


def _pattern_properties(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, dict):
        return None
    return judge.first(
        (part, entry, (*path, name))
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
    return judge.first((given, value[name], (*path, name)) for name in names)


def _prefix(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    pairs = enumerate(zip(given, value, strict=False))
    return judge.first((part, entry, (*path, place)) for place, (part, entry) in pairs)


def _items(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    first = len(node.get("prefixItems", ()))
    return judge.first((given, value[place], (*path, place)) for place in range(first, len(value)))


def _contains(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    if not isinstance(value, list):
        return None
    least, most = node.get("minContains", 1), node.get("maxContains")
    said = list(judge.each((given, entry, path) for entry in value))
    count = said.count(None)
    possible = count + sum(isinstance(one, CircularReference) for one in said)
    if possible < least:
        return Violation(path, f"{shown(value)} has too few items that match the schema of 'contains'")
    if most is not None and count > most:
        return Violation(path, f"{shown(value)} has too many items that match the schema of 'contains'")
    if count < least or (most is not None and possible > most):
        raise CircularReference
    return None


def _reference(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return judge.violation(judge.references.target(given, judge.budget), value, path)


def _all_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    return judge.first((part, value, path) for part in given)


def _any_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    found: list[Violation] = []
    for wrong in judge.each((part, value, path) for part in given):
        if wrong is None:
            return None
        if isinstance(wrong, Violation):
            found.append(wrong)
    if len(found) < len(given):
        raise CircularReference
    return _nearest(found, value, path)


def _one_of(judge: Judging, given: Any, value: Any, _node: Node, path: Path) -> Violation | None:
    said = list(judge.each((part, value, path) for part in given))
    found = [wrong for wrong in said if isinstance(wrong, Violation)]
    valid = said.count(None)
    if valid > 1:
        return Violation(path, f"{shown(value)} is valid under more than one of the given schemas")
    if valid + len(found) < len(given):
        raise CircularReference
    return None if valid else _nearest(found, value, path)


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
    return judge.first((part, value, path) for name, part in given.items() if name in value)


def _unevaluated_properties(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    names = properties_left(judge, node, value) if isinstance(value, dict) else []
    if given is False and names:
        return Violation(path, _unexpected("Unevaluated properties", names))
    return judge.first((given, value[name], (*path, name)) for name in names)


def _unevaluated_items(judge: Judging, given: Any, value: Any, node: Node, path: Path) -> Violation | None:
    places = items_left(judge, node, value) if isinstance(value, list) else []
    return judge.first((given, value[place], (*path, place)) for place in places)


def _ordered(schema: Node) -> list[str]:
    return sorted(schema.keys() & _PLACES.keys(), key=_PLACES.__getitem__)


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
