"""Strict schemas: closed everywhere, never looser than the original, and left alone where they would mean less."""

import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from domain.request.schemas import is_closed
from domain.tools.relaxing import relaxed
from domain.tools.strict import strict
from tests.domain.tools.schemas import ROOTS, value_of

TEXT = {"type": "string"}


def obj(properties=None, required=(), **more):
    return {"type": "object", "properties": properties or {}, "required": list(required), **more}


def strictly(schema):
    made = strict(schema)
    assert made.reason == ""
    return made.schema


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(ROOTS, st.data())
def test_what_a_strict_schema_allows_is_valid_by_the_original(original, data):
    made = strict(original).schema
    assume(made is not None)
    assert is_closed(made)
    value = value_of(data.draw, made, made)
    assume(Draft202012Validator(made).is_valid(value))
    Draft202012Validator(original).validate(relaxed(value, original))


@settings(max_examples=150)  # one in seven can be made strict
@given(ROOTS)
def test_a_strict_schema_stays_as_it_is_when_made_strict_again(original):
    made = strict(original).schema
    assert made is None or strict(made).schema == made


def test_every_object_is_closed_and_needs_all_its_properties():
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
        ({"anyOf": [TEXT, {"type": "null"}]}, {"anyOf": [TEXT, {"type": "null"}]}),
    ],
    ids=["text", "two types", "list of values", "one value", "choice", "nullable choice"],
)
def test_what_could_be_left_out_may_be_null(part, nullable):
    assert strictly(obj({"a": part}))["properties"]["a"] == nullable


def test_definitions_stay_and_become_strict_in_place():
    made = strictly(obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": obj({"b": TEXT}), "unused": {}}}))
    assert made["properties"]["a"] == {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}
    assert made["$defs"] == {"A": {**obj({"b": {"type": ["string", "null"]}}, ["b"]), "additionalProperties": False}}


def test_a_schema_may_hold_itself():
    made = strictly(obj({"next": {"$ref": "#"}}))
    assert made["properties"]["next"] == {"anyOf": [{"$ref": "#"}, {"type": "null"}]}


def test_a_single_reference_is_taken_out_of_its_list():
    made = strictly(obj({"a": {"allOf": [{"$ref": "#/$defs/A"}], "default": "x"}}, ["a"], **{"$defs": {"A": TEXT}}))
    assert made["properties"]["a"] == {"$ref": "#/$defs/A"}


def test_bounds_strict_mode_knows_stay():
    part = {"type": "integer", "minimum": 1, "maximum": 5, "description": "d"}
    assert strictly(obj({"a": part}, ["a"]))["properties"]["a"] == part


def test_a_type_told_by_the_keywords_is_written_down():
    made = strictly(obj({"a": {"properties": {"b": TEXT}}, "c": {"items": TEXT}}, ["a", "c"]))
    assert (made["properties"]["a"]["type"], made["properties"]["c"]["type"]) == ("object", "array")


def test_a_schema_without_properties_takes_none():
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
    "missing property": obj({"a": TEXT}, ["b"]),
    "elsewhere": {"$ref": "https://a.example/schema"},
    "into a property": {"$ref": "#/properties/x"},
    "null": None,
    "unknown type": {"type": "date"},
}


@pytest.mark.parametrize("part", LOOSE.values(), ids=LOOSE)
def test_a_schema_that_would_mean_something_else_is_left_alone(part):
    made = strict(obj({"x": part}, ["x"]))
    assert made.schema is None
    assert made.reason


def test_a_reference_that_leads_in_a_circle_is_left_alone():
    schema = obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}})
    assert strict(schema).schema is None
    assert (
        strict(obj({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}})).schema is None
    )


def test_a_schema_that_holds_itself_as_an_object_is_left_alone():
    schema = obj({"a": TEXT})
    schema["properties"]["b"] = schema
    assert strict(schema).schema is None


def test_a_schema_that_nests_without_end_is_left_alone():
    schema = TEXT
    for _ in range(10_000):
        schema = {"type": "array", "items": schema}
    assert strict(obj({"a": schema})).schema is None


def test_deep_but_readable_schemas_are_left_alone():
    schema = TEXT
    for _ in range(200):
        schema = {"type": "array", "items": schema}
    assert strict(obj({"a": schema})).schema is None


# --- back again -----------------------------------------------------------------------------------------------


def test_nulls_of_what_could_be_left_out_go_at_every_depth():
    original = obj({"a": obj({"b": TEXT, "c": TEXT}, ["b"]), "d": {"type": "array", "items": obj({"e": TEXT})}}, ["a"])
    value = {"a": {"b": "x", "c": None}, "d": [{"e": None}, {"e": "y"}]}
    assert relaxed(value, original) == {"a": {"b": "x"}, "d": [{}, {"e": "y"}]}


def test_a_null_that_is_needed_stays():
    original = obj({"a": {"type": ["string", "null"]}}, ["a"])
    assert relaxed({"a": None, "other": None}, original) == {"a": None, "other": None}


def test_of_a_choice_the_object_with_the_same_keys_counts():
    original = obj({"x": {"anyOf": [obj({"a": TEXT}, ["a"]), obj({"b": TEXT, "c": TEXT}, ["b"])]}}, ["x"])
    assert relaxed({"x": {"b": "1", "c": None}}, original) == {"x": {"b": "1"}}


def test_references_in_a_circle_change_nothing():
    original = obj({"a": {"$ref": "#/$defs/A"}}, ["a"], **{"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}})
    assert relaxed({"a": {"b": None}}, original) == {"a": {"b": None}}


def test_the_same_schema_is_made_strict_once():
    schema = obj({"only": TEXT})
    assert strict(schema).schema is strict(json.loads(json.dumps(schema))).schema
