"""JSON schemas inside a request: of tool parameters and of the answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
NESTED = frozenset({"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"})
NESTED_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
NESTED_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
GOOGLE_REFUSES = frozenset({"$schema", "const"})
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def is_name(value: object) -> bool:
    """Return whether a tool, function or schema name has the characters and length that every provider accepts."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def subschemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the values at all positions of subschemas, one level down."""
    for key, value in schema.items():
        if key in NESTED:
            yield from value if key == "items" and isinstance(value, list) else [value]
        elif key in NESTED_MAPS:
            yield from value.values() if isinstance(value, Mapping) else [value]
        elif key in NESTED_LISTS:
            yield from value if isinstance(value, list) and value else [value]


def every_schema(root: Any) -> Iterator[Any]:
    """Yield the schema and all subschemas without recursion, also values that are no schema."""
    waiting = [root]
    while waiting:
        schema = waiting.pop()
        yield schema
        if isinstance(schema, Mapping):
            waiting += subschemas(schema)


def schema_complaints(root: Any, path: str, vendor: str) -> Iterator[str]:
    """Complain about a malformed schema, an unresolvable reference, and keywords that Google rejects."""
    for schema in every_schema(root):
        if isinstance(schema, bool):
            continue
        if not isinstance(schema, Mapping):
            yield f"6.1 {path}: {schema!r:.60} instead of a schema"
            continue
        yield from keyword_complaints(schema, path)
        if "$ref" in schema and not resolves(schema["$ref"], root):
            yield f"6.1 {path}: reference {schema['$ref']!r:.60} does not resolve"
        if vendor == "google" and GOOGLE_REFUSES & schema.keys():
            yield f"6.1 {path}: {sorted(GOOGLE_REFUSES & schema.keys())} rejected by Google"


def keyword_complaints(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    kinds = schema.get("type", "object")
    listed = kinds if isinstance(kinds, list) and kinds else [kinds]
    if not all(isinstance(one, str) and one in TYPES for one in listed):
        yield f"6.1 {path}: type {kinds!r:.60}"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(one, str) for one in required):
        yield f"6.1 {path}: required {required!r:.60}"
    elif len(set(required)) != len(required):
        yield f"6.1 {path}: required names a property twice"
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"]):
        yield f"6.1 {path}: enum {schema['enum']!r:.60}"
    for key in {"description", "title", "$ref"} & schema.keys():
        if not isinstance(schema[key], str):
            yield f"6.1 {path}: {key} {schema[key]!r:.60}"


def resolves(reference: object, root: Any) -> bool:
    """Return whether a reference within the schema resolves."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    here = root
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return False
    return reference == "#" or reference.startswith("#/")


def root_complaints(schema: Any, path: str) -> Iterator[str]:
    """Complain unless the schema describes an object and lists its properties."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        yield f"14.6 {path}: not the schema of an object"
    elif not isinstance(schema.get("properties"), Mapping):
        yield f"6.1 {path}: no properties"


def strict_complaints(root: Any, path: str) -> Iterator[str]:
    """Complain if `strict` is set and an object allows further or optional keys."""
    for schema in every_schema(root):
        if isinstance(schema, Mapping) and (schema.get("type") == "object" or "properties" in schema):
            properties = schema.get("properties", {})
            names = set(properties) if isinstance(properties, Mapping) else set()
            required = schema.get("required", [])
            if schema.get("additionalProperties") is not False or not isinstance(required, list):
                yield f"6.1 {path}: strict, but open"
            elif names != {one for one in required if isinstance(one, str)}:
                yield f"6.1 {path}: strict, but a property is optional"
