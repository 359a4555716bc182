"""Plain values of a schema's keywords, as tools publish them -> as JSON Schema 2020-12 has them.

Each reader returns the value, or ODD if it means nothing. Spellings of other languages and of older drafts are read.
"""

import math
from collections.abc import Callable
from enum import Enum
from typing import Any

from domain.conversation.surrogates import without_surrogates
from domain.tools.schema_bounds import LONGEST_NUMBER
from domain.tools.schema_keywords import TYPES, Schema

_ALIASES = {
    **{kind: kind for kind in TYPES},
    **dict.fromkeys(("str", "text", "char", "uuid", "date", "datetime", "date-time", "email", "uri", "url"), "string"),
    **dict.fromkeys(("int", "int32", "int64", "long"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    "bool": "boolean",
    **dict.fromkeys(("dict", "map", "record"), "object"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    **dict.fromkeys(("none", "nil", "nonetype"), "null"),
}


class Odd(Enum):
    """The value of a keyword that is none."""

    ODD = "odd"


ODD = Odd.ODD


def kind_of(name: object) -> str | None:
    """Return the type that a name means, in any spelling; None for an unknown one."""
    return _ALIASES.get(name.strip().lower()) if isinstance(name, str) else None


def plain(value: Any) -> Any:
    """Return a JSON value without lone surrogates; numbers that no float can hold are null."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {without_surrogates(str(key)): plain(entry) for key, entry in value.items()}
    return value if is_number(value) or not isinstance(value, int | float) or isinstance(value, bool) else None


def is_number(value: object) -> bool:
    """Return whether a value is a number that a float can hold: others cannot be compared or written everywhere."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < LONGEST_NUMBER


def _types(value: Any) -> Any:
    """Return one type or several; ODD if one of several is unknown, because it could allow anything."""
    kinds = [kind_of(name) for name in (value if isinstance(value, list) else [value])]
    found = list(dict.fromkeys(kind for kind in kinds if kind is not None))
    if not found or None in kinds:
        return ODD
    return found[0] if len(found) == 1 else found


def _text(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else ODD


def _number(value: Any) -> Any:
    return value if is_number(value) else ODD


def _positive(value: Any) -> Any:
    return value if is_number(value) and value > 0 else ODD


def _count(value: Any) -> Any:
    return int(value) if is_number(value) and value >= 0 and value == int(value) else ODD


def _truth(value: Any) -> Any:
    return value if isinstance(value, bool) else ODD


def _listed(value: Any) -> Any:
    """Return distinct values; of an object, its keys."""
    entries = [plain(entry) for entry in value] if isinstance(value, dict | list) else []
    distinct = {repr(type(entry)) + repr(entry): entry for entry in entries}
    return list(distinct.values()) or ODD


def names(value: Any) -> Any:
    """Return the distinct texts of a list; other entries are dropped."""
    if not isinstance(value, list):
        return ODD
    return list(dict.fromkeys(plain(name) for name in value if isinstance(name, str)))


def _examples(value: Any) -> Any:
    return plain(value) if isinstance(value, list) and value else ODD


READERS: dict[str, Callable[[Any], Any]] = {
    "type": _types,
    "pattern": _text,
    "format": _text,
    "enum": _listed,
    "const": plain,
    "multipleOf": _positive,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("minContains", "maxContains"), _count),
    "uniqueItems": _truth,
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), _truth),
    **dict.fromkeys(("title", "description", "contentEncoding", "contentMediaType"), _text),
    "default": plain,
    "examples": _examples,
}
WORDS = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"})
"""Keywords that describe and assert nothing: an odd one is dropped without a loss."""


def moved_edges(node: Schema, given: Schema) -> None:
    """Read the exclusive bounds of draft 4: `true` beside the bound they exclude."""
    for edge, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if given.get(edge) is True and bound in node:
            node[edge] = node.pop(bound)


def allow_null(node: Schema) -> Schema:
    """Return a sound schema that also allows null, for the `nullable` of OpenAPI."""
    if not node.keys() - WORDS:
        return node
    kind = node.get("type")
    words = {key: value for key, value in node.items() if key in WORDS}
    bare = {key: value for key, value in node.items() if key not in WORDS}
    if kind is not None and "const" not in node and not {"$ref", "anyOf", "oneOf", "allOf", "not", "if"} & node.keys():
        kinds = [kind] if isinstance(kind, str) else kind
        wider = {**node, "type": kinds if "null" in kinds else [*kinds, "null"]}
        return {**wider, "enum": [*node["enum"], None]} if "enum" in node and None not in node["enum"] else wider
    if bare.keys() == {"anyOf"}:
        branches = bare["anyOf"]
        return node if {"type": "null"} in branches else {**words, "anyOf": [*branches, {"type": "null"}]}
    return {**words, "anyOf": [bare, {"type": "null"}]}
