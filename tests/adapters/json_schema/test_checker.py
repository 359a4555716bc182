"""Validation of arguments: one bounded error line, nothing fetched, no crash on any schema."""

from typing import Any
from urllib import request

import pytest

from adapters.json_schema.checker import KEPT, LONGEST, JsonSchemaChecker
from ports.toolbox import Checker

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.fixture
def check() -> Checker:
    return JsonSchemaChecker()


def test_valid_arguments_give_no_error(check):
    assert check(CITY, {"city": "Perth", "more": 1}) == ""


def test_error_names_the_path_of_the_wrong_value(check):
    assert check(CITY, {"city": 1}) == "city: 1 is not of type 'string'"
    assert check(CITY, {}) == "'city' is a required property"


def test_a_long_error_is_cut_to_one_line(check):
    said = check(CITY, {"city": ["a\nb"] * 1000})
    assert (len(said), "\n" in said) == (LONGEST + 1, False)


def test_a_remote_reference_is_never_fetched(check, monkeypatch):
    monkeypatch.setattr(request, "urlopen", lambda *_, **__: pytest.fail("fetched"))
    schema = {"$ref": "http://127.0.0.1:9/schema.json"}
    assert check(schema, {"a": 1}) == ""


UNCHECKABLE = {
    "malformed": {"type": "nothing"},
    "no JSON": {"default": {1}},
    "circle": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
    "pattern of another dialect": {"properties": {"city": {"pattern": "\\p{L}+"}}},
    "reference to nothing": {"$ref": "#/$defs/a"},
    "null": {"properties": {"city": None}},
}


@pytest.mark.parametrize("schema", UNCHECKABLE.values(), ids=UNCHECKABLE)
def test_an_unusable_schema_accepts_everything(check, schema):
    assert check(schema, {"city": "Perth"}) == ""


def test_a_schema_that_contains_itself_accepts_everything(check):
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["a"] = schema
    assert check(schema, {"a": {}}) == ""


def test_the_number_of_cached_validators_is_limited(check):
    for number in range(KEPT + 50):
        check({**CITY, "title": str(number)}, {"city": "x"})
    assert len(check._validators) == KEPT


def test_schemas_of_the_same_content_share_a_validator(check):
    check(CITY, {})
    check({**CITY}, {})
    assert len(check._validators) == 1
