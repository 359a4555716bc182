"""Join two schemas that both apply to a value into one, for makers that have neither references nor `allOf`."""

from typing import Any

from domain.tools.schema_keywords import Schema, kinds_of


def merged(one: Schema, other: Schema) -> Schema:
    """Return one schema for what both say; where they differ, `one` is nearer and wins."""
    made: Schema = {**other, **one}
    properties = {**other.get("properties", {})}
    for name, part in one.get("properties", {}).items():
        properties[name] = {**properties[name], **part} if _are_plain(properties.get(name), part) else part
    if properties:
        made["properties"] = properties
    required = list(dict.fromkeys([*other.get("required", ()), *one.get("required", ())]))
    if required:
        made["required"] = required
    kinds = _common(kinds_of(one), kinds_of(other))
    if kinds:
        made["type"] = kinds[0] if len(kinds) == 1 else list(kinds)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in one and key in other:
            made[key] = [*one[key], *other[key]]
    if "enum" in one and "enum" in other:
        made["enum"] = [value for value in one["enum"] if value in other["enum"]] or one["enum"]
    return made


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if not one or not other:
        return one or other
    return tuple(kind for kind in one if kind in other) or one


def _are_plain(one: Any, other: Any) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and not {"$ref", "anyOf", "oneOf", "allOf"} & one.keys()
