"""The checker on circles that nothing decides, and on what random schemas seldom are."""

import pytest
from jsonschema import Draft202012Validator

from adapters.json_schema.checker import JsonSchemaChecker
from tests.doubles.telemetry import RecordedTelemetry


def test_circular_references_that_nothing_decides_are_logged():
    log = RecordedTelemetry()

    assert JsonSchemaChecker(log)({"anyOf": [{"$ref": "#"}, {"not": {"$ref": "#"}}]}, {"a": 1}) == ""
    assert log.only("tool_arguments_unchecked").values["reason"] == "circular references"


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
