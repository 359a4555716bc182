"""The keywords of JSON Schema that hold other schemas, and walks over them. Source: JSON Schema 2020-12, core."""

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]
MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
OPENNESS = ("additionalProperties", "unevaluatedProperties", "unevaluatedItems")
"""Keywords whose value is often `true` or `false`."""
SINGLE = ("items", *OPENNESS, "not", "if", "then", "else", "contains", "propertyNames")
TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


def kinds_of(node: Schema) -> tuple[str, ...]:
    """Return the types a sound schema names."""
    kind = node.get("type")
    return (kind,) if isinstance(kind, str) else tuple(kind or ())


def rebuilt(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return a sound schema with `change` applied to every schema in it, the innermost first."""
    made: Schema = {}
    for key, value in node.items():
        if key in MAPS:
            made[key] = {name: _part(inner, change) for name, inner in value.items()}
        elif key in LISTS:
            made[key] = [_part(inner, change) for inner in value]
        else:
            made[key] = _part(value, change) if key in SINGLE else value
    return change(made)


def schemas_in(root: Schema) -> Iterator[Schema]:
    """Yield a sound schema and every schema in it."""
    waiting: list[Any] = [root]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield node
        for key, value in node.items():
            if key in MAPS:
                waiting += value.values()
            elif key in LISTS:
                waiting += value
            elif key in SINGLE:
                waiting.append(value)


def _part(value: Any, change: Callable[[Schema], Schema]) -> Any:
    return rebuilt(value, change) if isinstance(value, dict) else value
