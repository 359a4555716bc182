"""JSON Schemas of callers: check them for upstream and for strict mode, and remove keywords that a maker rejects."""

from collections.abc import Iterator, Mapping

from domain.catalog.support import GOOGLE, author
from domain.tools.schema_bounds import DEEPEST, is_bounded

_MAPS = ("properties", "$defs", "definitions", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SAYING = frozenset({"type", "enum", "const", "properties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "$ref"})
Schema = Mapping[str, object]


def is_sound(schema: object) -> bool:
    """Return whether a schema is bounded and well formed, and all its references resolve."""
    return (
        isinstance(schema, dict) and is_bounded(schema) and _plain(schema, DEEPEST) and _sound(schema, schema, DEEPEST)
    )


def is_closed(schema: Schema) -> bool:
    """Return whether every object in it requires all its properties and allows no others, as strict mode demands.

    A part that says nothing of its type may be any object.
    """
    kind, properties = schema.get("type"), schema.get("properties")
    if not _SAYING & schema.keys():
        return False
    if kind == "object" or (isinstance(kind, list) and "object" in kind) or properties is not None:
        names = set(properties) if isinstance(properties, dict) else set()
        required = schema.get("required")
        complete = isinstance(required, list) and set(map(str, required)) == names
        if schema.get("additionalProperties") is not False or not (complete or not names):
            return False
    return all(is_closed(inner) for inner in _inner(schema) if isinstance(inner, dict))


def fitted(schema: Schema, slug: str) -> dict[str, object]:
    """Return a schema without nulls and, for Google, without the keywords its models reject."""
    for_google = author(slug) == GOOGLE
    fit: dict[str, object] = {}
    for key, value in schema.items():
        if value is None or (for_google and key == "$schema"):
            continue
        if for_google and key == "const":
            fit["enum"] = [value]
        elif key == "enum" and isinstance(value, list):
            fit[key] = [entry for entry in value if entry is not None]
        elif key == "required" and isinstance(value, list):
            fit[key] = list(dict.fromkeys(value))
        elif key in _MAPS and isinstance(value, dict):
            fit[key] = {
                name: fitted(inner, slug) if isinstance(inner, dict) else inner for name, inner in value.items()
            }
        elif key in _LISTS and isinstance(value, list):
            fit[key] = [fitted(inner, slug) if isinstance(inner, dict) else inner for inner in value]
        elif isinstance(value, dict):
            fit[key] = fitted(value, slug)
        else:
            fit[key] = value
    return {key: value for key, value in fit.items() if not (key == "enum" and not value)}


def _sound(schema: object, root: Schema, depth: int) -> bool:
    if isinstance(schema, bool):
        return True
    if not isinstance(schema, dict) or depth == 0 or not _well_shaped(schema):
        return False
    reference = schema.get("$ref")
    if reference is not None and not _leads_somewhere(reference, root):
        return False
    return all(_sound(inner, root, depth - 1) for inner in _inner(schema))


def _well_shaped(schema: Schema) -> bool:
    if any(key in schema and not isinstance(schema[key], dict) for key in _MAPS):
        return False
    if any(key in schema and not (isinstance(schema[key], list) and schema[key]) for key in _LISTS):
        return False
    required = schema.get("required", [])
    return isinstance(required, list) and all(isinstance(name, str) for name in required)


def _inner(schema: Schema) -> Iterator[object]:
    for key in _MAPS:
        value = schema.get(key)
        if isinstance(value, dict):
            yield from value.values()
    for key in _LISTS:
        value = schema.get(key)
        if isinstance(value, list):
            yield from value
    for key in _SINGLE:
        if schema.get(key) is not None:
            yield schema[key]


def _leads_somewhere(reference: object, root: Schema) -> bool:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return False
    node: object = root
    for step in reference.lstrip("#").strip("/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if name:
            node = node.get(name) if isinstance(node, dict) else None
    return isinstance(node, dict | bool)


def _plain(value: object, depth: int) -> bool:
    """Return whether a value is JSON of at most `depth` levels; False for a cycle."""
    if depth == 0:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(entry, depth - 1) for key, entry in value.items())
    if isinstance(value, list):
        return all(_plain(entry, depth - 1) for entry in value)
    return value is None or isinstance(value, str | int | float | bool)
