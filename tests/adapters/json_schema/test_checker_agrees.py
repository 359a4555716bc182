"""The checker says what the library jsonschema says, for whatever schema and value, and never more than once a step."""

from typing import Any

import pytest
from hypothesis import given, settings
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


@settings(max_examples=300, deadline=None)
@given(keywords(SCHEMAS), SCHEMAS, st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_value_is_valid_by_both_or_by_neither(schema, x, value):
    schema = whole(schema, x)
    try:
        valid = Draft202012Validator(schema).is_valid(value)
    except RecursionError:
        return  # a reference in a circle: which keyword is judged first decides

    assert (JsonSchemaChecker()(schema, value) == "") == valid


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"$id": "https://a.example/s", "$ref": "https://a.example/s#/$defs/x"}, {"a": 1}, False),
        (
            {"properties": {"a": {"$dynamicRef": "#t"}}, "$defs": {"t": {"$dynamicAnchor": "t", "type": "null"}}},
            {"a": 1},
            False,
        ),
        ({"properties": {"a": {"enum": [1, True]}}}, {"a": 1.0}, True),
        ({"properties": {"a": {"enum": [1]}}}, {"a": True}, False),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, 1.0]}, False),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [1, True, "1", [1], {"a": 1}, {"a": 2}]}, True),
    ],
)
def test_what_chance_seldom_makes(schema, value, valid):
    schema = {"$defs": {"x": {"maxProperties": 0}}, **schema}
    assert Draft202012Validator(schema).is_valid(value) == valid
    assert (JsonSchemaChecker()(schema, value) == "") == valid
