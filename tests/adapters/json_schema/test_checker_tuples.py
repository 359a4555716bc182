"""Tuples in both spellings: `prefixItems` of 2020-12, and the list of `items` of older drafts."""

import pytest

from adapters.json_schema.checker import JsonSchemaChecker

PAIR = [{"type": "integer"}, {"type": "string"}]
TUPLES = {
    "2020-12": {"prefixItems": PAIR},
    "draft 7": {"items": PAIR},
    "2020-12, closed": {"prefixItems": PAIR, "items": False},
    "draft 7, closed": {"items": PAIR, "additionalItems": False},
    "draft 7, inside": {"items": PAIR, "additionalItems": {"type": "boolean"}},
}


def check(pair, value):
    return JsonSchemaChecker()({"type": "object", "properties": {"pair": {"type": "array", **pair}}}, {"pair": value})


@pytest.mark.parametrize("pair", TUPLES.values(), ids=TUPLES)
def test_entries_of_a_tuple_are_checked_by_their_places(pair):
    assert check(pair, [1, "a"]) == ""
    assert "pair/1" in check(pair, [1, 2])
    assert "pair/0" in check(pair, ["a", "a"])


@pytest.mark.parametrize("name", ["2020-12, closed", "draft 7, closed", "draft 7, inside"])
def test_further_entries_are_checked_too(name):
    assert check(TUPLES[name], [1, "a", 3]) != ""


def test_a_property_that_is_called_items_is_no_tuple():
    schema = {"type": "object", "properties": {"items": {"type": "array"}}, "required": ["items"]}
    assert JsonSchemaChecker()(schema, {}) != ""


def test_values_that_look_like_tuples_stay_values():
    assert JsonSchemaChecker()({"properties": {"a": {"const": {"items": [{}]}}}}, {"a": {"items": [{}]}}) == ""
