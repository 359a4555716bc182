"""What a description says where a form of a schema cannot express something. The model reads these texts."""

import json
from typing import Any

from domain.tools.schema_keywords import Schema

LONGEST = 2_000
"""Characters of what is added to one description."""
RECURSIVE = "Has the same form as the object that contains it."
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
    "pattern": "matching the pattern {}",
    "format": "in the format {}",
    "contentEncoding": "encoded as {}",
    "contentMediaType": "of the media type {}",
}


def described(node: Schema, *sentences: str) -> Schema:
    """Return a schema with sentences added to its description."""
    more = " ".join(sentence for sentence in sentences if sentence)[:LONGEST]
    if not more:
        return node
    known = str(node.get("description", "")).strip()
    return {**node, "description": f"{known} {more}" if known else more}


def shown(value: Any) -> str:
    """Return a value as the model reads it."""
    return json.dumps(value, ensure_ascii=False)[:LONGEST]


def bounds(node: Schema, *keys: str) -> str:
    """Return a sentence about bounds that cannot be expressed; empty without any."""
    said = [_BOUNDS[key].format(_bound(node[key])) for key in keys if key in node and key in _BOUNDS]
    if node.get("uniqueItems") and "uniqueItems" in keys:
        said.append("no entry twice")
    return f"Must be {', '.join(said)}." if said else ""


def _bound(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def one_of(values: list[Any]) -> str:
    """Return a sentence that lists the allowed values."""
    listed = ", ".join(shown(value) for value in values)
    return f"Allowed value: {listed}." if len(values) == 1 else f"Allowed values: {listed}."


def default(node: Schema) -> str:
    """Return a sentence about the default; empty without one, or if it is null."""
    return f"Default: {shown(node['default'])}." if node.get("default") is not None else ""


def alternatives(groups: list[list[str]]) -> str:
    """Return a sentence about properties of which one group is needed."""
    said = [" and ".join(group) for group in groups if group]
    return f"Give one of: {'; '.join(said)}." if len(said) > 1 else ""


def keys_named(names: list[str]) -> str:
    """Return a sentence about properties that only a pattern can name."""
    return f"Further properties: {', '.join(names)}."


def entries(kinds: list[str]) -> str:
    """Return a sentence about the entries of a tuple."""
    return f"Entries in order: {', '.join(kinds)}."


def values_are(kind: str) -> str:
    """Return a sentence about an object that maps any name to values of one kind."""
    return f"Any property names; the values are of type {kind}."


def apart_from(rule: str) -> str:
    """Return a sentence with a rule that a form cannot express, as JSON Schema."""
    return f"Must also satisfy this JSON Schema: {rule}"
