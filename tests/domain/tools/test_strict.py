"""Strict schemas: closed everywhere, never looser than the original, not converted if their meaning would change."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.request.schemas import is_closed
from domain.tools.relaxing import relaxed
from domain.tools.strict import strict
from tests.domain.tools.schemas import ROOTS, value_of
from tests.examples import examples

TEXT: dict[str, Any] = {"type": "string"}


def obj(properties=None, required=(), **more):
    return {"type": "object", "properties": properties or {}, "required": list(required), **more}


def strictly(schema):
    made = strict(schema)
    assert made.reason == ""
    return made.schema


@examples(60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(ROOTS, st.data())
def test_values_a_strict_schema_allows_are_valid_by_the_original(original, data):
    made = strict(original).schema
    assume(made is not None)
    assert made is not None
    assert is_closed(made)
    value = value_of(data.draw, made, made)
    assume(Draft202012Validator(made).is_valid(value))
    Draft202012Validator(original).validate(relaxed(value, original))


@examples(150)  # one in seven can be made strict
@given(ROOTS)
def test_converting_a_strict_schema_again_changes_nothing(original):
    made = strict(original).schema
    assert made is None or strict(made).schema == made


def test_every_object_is_closed_and_requires_all_its_properties():
    made = strictly(obj({"a": obj({"b": TEXT}, ["b"])}, ["a"]))
    assert (made["required"], made["additionalProperties"]) == (["a"], False)
    assert made["properties"]["a"]["additionalProperties"] is False


@pytest.mark.parametrize(
    ("part", "nullable"),
    [
        (TEXT, {"type": ["string", "null"]}),
        ({"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
        ({"enum": ["x"]}, {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}),
        ({"const": "x"}, {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}),
        (
            {"anyOf": [TEXT, {"type": "integer"}]},
            {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}]},
        ),
        ({"anyOf": [TEXT, {"type": "null"}], "default": None}, {"anyOf": [TEXT, {"type": "null"}]}),
    ],
    ids=["text", "two types", "list of values", "one value", "choice", "nullable choice"],
)
def test_optional_properties_become_nullable(part, nullable):
    assert strictly(obj({"a": part}))["properties"]["a"] == nullable


def test_definitions_stay_and_become_strict_in_place():
    made = strictly(obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": obj({"b": TEXT}), "unused": {}}}))
    assert made["properties"]["a"] == {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}
    assert made["$defs"] == {"A": {**obj({"b": {"type": ["string", "null"]}}, ["b"]), "additionalProperties": False}}


def test_a_schema_may_refer_to_itself():
    made = strictly(obj({"next": {"$ref": "#"}}))
    assert made["properties"]["next"] == {"anyOf": [{"$ref": "#"}, {"type": "null"}]}


def test_a_single_reference_in_a_list_is_unwrapped():
    made = strictly(obj({"a": {"allOf": [{"$ref": "#/$defs/A"}], "default": "x"}}, ["a"], **{"$defs": {"A": TEXT}}))
    assert made["properties"]["a"] == {"$ref": "#/$defs/A"}


def test_bounds_that_strict_mode_supports_are_kept():
    part = {"type": "integer", "minimum": 1, "maximum": 5, "description": "d"}
    assert strictly(obj({"a": part}, ["a"]))["properties"]["a"] == part


def test_a_type_implied_by_keywords_is_written_out():
    made = strictly(obj({"a": {"properties": {"b": TEXT}}, "c": {"items": TEXT}}, ["a", "c"]))
    assert (made["properties"]["a"]["type"], made["properties"]["c"]["type"]) == ("object", "array")


def test_a_schema_without_properties_allows_none():
    assert strictly({"type": "object"}) == {**obj(), "additionalProperties": False}


LOOSE = {
    "no type": {"description": "anything"},
    "anything": True,
    "any object": {"type": "object"},
    "more properties": obj({"a": TEXT}, additionalProperties=True),
    "a map": {"type": "object", "additionalProperties": TEXT},
    "any list": {"type": "array"},
    "length": {"type": "string", "minLength": 1},
    "not": {"type": "string", "not": {"const": "x"}},
    "condition": {**obj({"a": TEXT}), "if": {}, "then": {}},
    "several": {"allOf": [TEXT, TEXT]},
    "one of two alike": {"oneOf": [TEXT, {"type": "string", "pattern": "x"}]},
    "choice beside properties": obj({"a": TEXT}, anyOf=[{"required": ["a"]}]),
    "choice of objects alike": {"anyOf": [obj({"a": TEXT}), obj({"a": {"type": "integer"}})]},
    "null and left out": obj({"a": {"type": ["string", "null"]}}),
    "null, another default": obj({"a": {"anyOf": [TEXT, {"type": "null"}], "default": "x"}}),
    "missing property": obj({"a": TEXT}, ["b"]),
    "elsewhere": {"$ref": "https://a.example/schema"},
    "into a property": {"$ref": "#/properties/x"},
    "null": None,
    "unknown type": {"type": "date"},
}


@pytest.mark.parametrize("part", LOOSE.values(), ids=LOOSE)
def test_a_schema_whose_meaning_would_change_is_not_converted(part):
    made = strict(obj({"x": part}, ["x"]))
    assert made.schema is None
    assert made.reason


def test_a_circular_reference_is_not_converted():
    schema = obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}})
    assert strict(schema).schema is None
    assert (
        strict(obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}})).schema is None
    )


def test_a_python_object_that_contains_itself_is_not_converted():
    schema = obj({"a": TEXT})
    schema["properties"]["b"] = schema
    assert strict(schema).schema is None


def test_a_schema_nested_too_deep_to_read_is_not_converted():
    schema: dict[str, Any] = TEXT
    for _ in range(10_000):
        schema = {"type": "array", "items": schema}
    assert strict(obj({"a": schema})).schema is None


def test_a_deep_but_readable_schema_is_not_converted():
    schema: dict[str, Any] = TEXT
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    assert strict(obj({"a": schema})).schema is None


# --- back again -----------------------------------------------------------------------------------------------


def test_nulls_of_optional_properties_are_removed_at_every_depth():
    original = obj({"a": obj({"b": TEXT, "c": TEXT}, ["b"]), "d": {"type": "array", "items": obj({"e": TEXT})}}, ["a"])
    value = {"a": {"b": "x", "c": None}, "d": [{"e": None}, {"e": "y"}]}
    assert relaxed(value, original) == {"a": {"b": "x"}, "d": [{}, {"e": "y"}]}


def test_a_null_of_a_required_property_stays():
    original = obj({"a": {"type": ["string", "null"]}}, ["a"])
    assert relaxed({"a": None, "other": None}, original) == {"a": None, "other": None}


def test_a_null_of_an_optional_property_stays_where_the_original_allows_null():
    original = obj({"a": {"type": ["string", "null"]}, "b": {"anyOf": [TEXT, {"type": "null"}]}, "c": {"enum": [None]}})
    value = {"a": None, "b": None, "c": None}
    assert relaxed(value, original) == value


def test_the_branch_with_the_same_keys_decides_which_nulls_are_removed():
    original = obj({"x": {"anyOf": [obj({"a": TEXT}, ["a"]), obj({"b": TEXT, "c": TEXT}, ["b"])]}}, ["x"])
    assert relaxed({"x": {"b": "1", "c": None}}, original) == {"x": {"b": "1"}}


def test_circular_references_change_nothing():
    original = obj({"a": {"$ref": "#/$defs/A"}}, ["a"], **{"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}})
    assert relaxed({"a": {"b": None}}, original) == {"a": {"b": None}}


def test_the_strict_form_of_a_schema_is_cached():
    schema = obj({"only": TEXT})
    assert strict(schema).schema is strict(json.loads(json.dumps(schema))).schema
