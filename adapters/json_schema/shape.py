"""Whether a schema is one: each keyword has a value of its kind. Source: JSON Schema 2020-12, the meta-schema.

The tuples of older drafts (`items: [...]`, `additionalItems`) are read as `prefixItems` and `items`, in `modern`.
"""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.json_schema.values import is_number
from ports.work_budget import WorkBudget

MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_VALUES = frozenset({"const", "enum", "default", "examples", "example"})
"""Keywords that hold values, not schemas."""
_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")


class NoSchema(Exception):
    """This schema cannot be used to judge anything."""


def modern(schema: object, budget: WorkBudget) -> None:
    """Rewrite the tuples of older drafts in a private copy of a schema, in place."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        budget.spend()
        if isinstance(node, list):
            waiting += node
        if not isinstance(node, dict):
            continue
        first = node.get("items")
        if isinstance(first, list) and first and all(isinstance(part, dict | bool) for part in first):
            del node["items"]
            node.setdefault("prefixItems", first)
            if isinstance(node.get("additionalItems"), dict | bool):
                node["items"] = node.pop("additionalItems")
        waiting += (part for key, part in node.items() if key not in _VALUES)


def examine(schema: object, budget: WorkBudget) -> list[dict[str, Any]]:
    """Return every schema inside a schema, itself first. Raises NoSchema where a keyword is not what it must be."""
    found: list[dict[str, Any]] = []
    waiting = [schema]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        budget.spend()
        if isinstance(node, bool):
            continue
        if not isinstance(node, dict):
            raise NoSchema
        if id(node) in seen:
            continue
        seen.add(id(node))
        found.append(node)
        for key, value in node.items():
            budget.spend()
            right = _RIGHT.get(key)
            if right is not None and not right(value):
                raise NoSchema
        inner = list(_inner(node))
        budget.spend(len(inner))
        waiting += reversed(inner)
    return found


def _inner(node: dict[str, Any]) -> Iterator[object]:
    for key in SINGLE:
        if key in node:
            yield node[key]
    for key in LISTS:
        yield from node.get(key, ())
    for key in MAPS:
        yield from node.get(key, {}).values()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return is_number(value) and value >= 0 and value == value // 1


def _is_map(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _are_types(value: object) -> bool:
    return value in _TYPES if isinstance(value, str) else _is_list(value) and all(map(_is_kind, value))  # type: ignore[call-overload]


def _is_kind(value: object) -> bool:
    return isinstance(value, str) and value in _TYPES


_RIGHT: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(MAPS, _is_map),
    **dict.fromkeys(LISTS, _is_list),
    **dict.fromkeys(("$ref", "$dynamicRef", "$anchor", "$dynamicAnchor", "$id", "pattern", "format"), _is_text),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minProperties", "maxProperties", "minContains", "maxContains"), _is_count),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), is_number),
    "multipleOf": lambda value: is_number(value) and value > 0,
    "type": _are_types,
    "enum": lambda value: isinstance(value, list),
    "required": _are_names,
    "uniqueItems": lambda value: isinstance(value, bool),
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_are_names, value.values())),
}
