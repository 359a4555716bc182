"""Whether a schema is valid by JSON Schema 2020-12, whose meta-schema several makers apply to the schemas of tools."""

from collections.abc import Callable, Iterator
from typing import Any

from entrypoints.simulator.refusals.makers.walk import LISTS, MAPS, SINGLE, Path, schemas_in, target_of

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})


def violations(root: Any) -> Iterator[tuple[Path, str]]:
    """Yield the path of each schema that is none, and the keyword at fault; empty for a wrong schema."""
    for path, schema in schemas_in(root):
        if isinstance(schema, bool):
            continue
        if not isinstance(schema, dict):
            yield path, ""
            continue
        for key, value in schema.items():
            right = _RIGHT.get(key)
            if right is not None and not right(value):
                yield path, key
        if "$ref" in schema and not isinstance(target_of(schema["$ref"], root), dict | bool):
            yield path, "$ref"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return _number(value) and value >= 0 and value == int(value)


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(n, str) for n in value) and len(set(value)) == len(value)


def _types(value: Any) -> bool:
    if isinstance(value, str):
        return value in TYPES
    return _names(value) and bool(value) and set(value) <= TYPES


_RIGHT: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(MAPS, lambda value: isinstance(value, dict)),
    **dict.fromkeys(LISTS, lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(SINGLE, lambda value: isinstance(value, dict | bool)),
    **dict.fromkeys(("title", "description", "format", "pattern", "$ref"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("$schema", "$id", "$anchor", "$comment"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), lambda value: isinstance(value, bool)),
    "multipleOf": lambda value: _number(value) and value > 0,
    "type": _types,
    "enum": lambda value: isinstance(value, list),
    "examples": lambda value: isinstance(value, list),
    "required": _names,
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_names, value.values())),
}
