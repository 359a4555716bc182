"""The checker says what the library jsonschema says in its newest version, for whatever schema and value.

Older versions have defects where circles meet `unevaluatedProperties`, which the checker has not.
"""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from adapters.json_schema.checker import JsonSchemaChecker

NAMES = st.sampled_from(["a", "b", "c", "d/e", "f~g"])
NUMBERS = st.one_of(st.integers(-3, 12), st.sampled_from([0.5, 1.0, 2.5, 1e308, 10**400, True, False]))
SCALARS = st.one_of(st.none(), NUMBERS, st.sampled_from(["", "a", "b", "abc", "\u00e9"]))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
TYPES = st.sampled_from(["object", "array", "string", "number", "integer", "boolean", "null"])
COUNTS = st.integers(0, 3)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A schema of any keywords, built of inner ones."""
    parts = st.lists(inner, min_size=1, max_size=3)
    maps = st.dictionaries(NAMES, inner, max_size=3)
    names = st.lists(NAMES, max_size=3, unique=True)
    optional = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=4),
        "const": VALUES,
        "required": names,
        "minimum": NUMBERS.filter(lambda number: not isinstance(number, bool)),
        "exclusiveMaximum": NUMBERS.filter(lambda number: not isinstance(number, bool)),
        "multipleOf": st.sampled_from([1, 2, 0.5, 3, 0.1, 10**30]),
        "minLength": COUNTS,
        "maxItems": COUNTS,
        "minProperties": COUNTS,
        "uniqueItems": st.booleans(),
        "dependentRequired": st.dictionaries(NAMES, names, max_size=2),
        "properties": maps,
        "additionalProperties": inner,
        "propertyNames": inner,
        "prefixItems": parts,
        "items": inner,
        "contains": inner,
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "allOf": parts,
        "anyOf": parts,
        "oneOf": parts,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentSchemas": maps,
        "unevaluatedProperties": inner,
        "unevaluatedItems": inner,
        "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y", "#here", "#/$defs/y/items"]),
    }
    return st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({key: optional[key] for key in chosen})
    )


SCHEMAS = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)


def whole(schema: dict[str, Any], x: Any) -> dict[str, Any]:
    y = {"$anchor": "here", "type": ["array", "string", "object"], "items": {"type": "integer"}}
    return {**schema, "$defs": {"x": x, "y": y}}


def reversed_keywords(schema: Any) -> Any:
    """The same schema, whose keywords and combined schemas come in the opposite order."""
    if isinstance(schema, list):
        return [reversed_keywords(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: reversed_keywords(part) for key, part in reversed(schema.items())}
    return {key: part[::-1] if key in ("allOf", "anyOf", "oneOf") else part for key, part in parts.items()}


PANIC = "PanicException"
"""What the library's maps, in another language, make of a RecursionError that is raised inside them."""


def said_by_the_library(schema: dict[str, Any], value: Any) -> set[bool]:
    """What it says with the keywords in either order.

    Nothing where it first meets a reference in a circle, or a number that it cannot divide.
    """
    said = set()
    for ordered in (schema, reversed_keywords(schema)):
        try:
            said.add(Draft202012Validator(ordered).is_valid(value))
        except BaseException as error:
            if not isinstance(error, RecursionError | OverflowError) and type(error).__name__ != PANIC:
                raise
    return said


X: dict[str, Any] = {"$ref": "#/$defs/x"}


@settings(max_examples=300, deadline=None)
@given(keywords(SCHEMAS), SCHEMAS, st.dictionaries(NAMES, VALUES, max_size=4))
@example({**X, "not": True}, X, {})
@example({"not": True, **X}, {"allOf": [X, X]}, {"a": 1})
@example({"allOf": [X, {"maxProperties": 0}]}, X, {"a": 1})
@example({"anyOf": [X, True]}, X, {})
@example({"anyOf": [{"allOf": [X, False]}, False]}, X, {})
@example({"oneOf": [X, True, True]}, X, {})
@example({"oneOf": [False, X, {"minProperties": 1}]}, {"$ref": "#/$defs/x", "not": True}, {"a": 1})
@example({"properties": {"a": {"contains": X, "maxContains": 0}}}, {"anyOf": [{"const": 1}, X]}, {"a": [2, 1]})
@example({"properties": {"a": {"contains": X, "minContains": 3}}}, X, {"a": [2, 1]})
@example({"properties": {"a": X, "b": False}}, X, {"a": 1, "b": 1})
@example({"properties": {"a": {"items": X}, "b": False}}, {"items": X, "type": "array"}, {"a": [[[1]]], "b": 1})
@example({**X, "unevaluatedProperties": False, "required": ["b"]}, X, {"a": 1})
@example({"properties": {"a": {**X, "unevaluatedItems": False, "maxItems": 0}}}, X, {"a": [1]})
def test_a_value_is_valid_by_both_or_by_neither(schema, x, value):
    schema = whole(schema, x)

    said = said_by_the_library(schema, value)

    assert said <= {JsonSchemaChecker()(schema, value) == ""}


PLACES = st.sampled_from(["#", "#/$defs/x", "#/$defs/y"])


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Two keywords that combine schemas for the same value, in any order."""
    several = st.lists(inner, min_size=1, max_size=3)
    ways = {
        "$ref": PLACES,
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), several),
        **dict.fromkeys(("not", "if", "then", "else", "unevaluatedProperties"), inner),
        "dependentSchemas": st.fixed_dictionaries({"a": inner}),
    }
    two = st.lists(st.sampled_from(sorted(ways)), min_size=1, max_size=2, unique=True)
    return two.flatmap(lambda chosen: st.fixed_dictionaries({way: ways[way] for way in chosen}))


CIRCLES = st.recursive(
    st.booleans() | st.fixed_dictionaries({"$ref": PLACES}) | st.just({"maxProperties": 0}), combined, max_leaves=4
)


@settings(max_examples=150, deadline=None)
@given(combined(CIRCLES), CIRCLES, CIRCLES, st.sampled_from([{}, {"a": 1}]))
@example(
    {"$ref": "#/$defs/y", "dependentSchemas": {"a": {"$ref": "#"}}},
    True,
    {"dependentSchemas": {"a": False}, "anyOf": [{"unevaluatedProperties": False, "$ref": "#"}]},
    {"a": 1},
)
def test_what_stands_beside_a_circular_reference_is_judged(part, x, y, value):
    schema = {**part, "$defs": {"x": x, "y": y}}

    said = said_by_the_library(schema, value)

    assert said <= {JsonSchemaChecker()(schema, value) == ""}
