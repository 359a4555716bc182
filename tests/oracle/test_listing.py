"""The generator of the closed schema, on a small listing."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.oracle.listing import OPEN, closed_schema, written
from tests.oracle.schema_judge import SCHEMA

SMALL = """
==== Part A: something, root Request ====

Request {
  name: string (a remark)
  effort?: "low"|"high" | (open) | null
  when?: date
  off?: false   (default false)
  free?: {some-key: {string: any}}
  items?: [Item]
  one?: Either
}
Item = First
    | Second
    | "word"
First {
  type: "first"
  count: integer | null
}
Second {
  type?: "second"
}
Either = number | [Item | null]

==== Part B: another ====

Other {
  name: string
}
"""
GENERATED = closed_schema(SMALL, root="Request")


@pytest.mark.parametrize(
    "right",
    [
        {"name": "x"},
        {"name": "x", "effort": "low", "when": "2026-08-24", "off": False},
        {"name": "x", "free": {"a": {"b": [1, {"c": "d"}]}}},
        {"name": "x", "items": ["word", {"type": "first", "count": 1}, {"type": "second"}, {}]},
        {"name": "x", "one": 1.5},
        {"name": "x", "one": [{"type": "first", "count": 2.0}]},
    ],
)
def test_a_request_that_follows_the_listing_is_accepted(right: dict[str, Any]) -> None:
    assert Draft202012Validator(GENERATED).is_valid(right)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"name": "x", "more": 1},
        {"name": "x", "effort": None},
        {"name": "x", "effort": "middling"},
        {"name": "x", "when": "yesterday"},
        {"name": "x", "off": True},
        {"name": "x", "off": 0},
        {"name": "x", "free": {"a": {"b": [1, {"c": None}]}}},
        {"name": "x", "items": ["other"]},
        {"name": "x", "items": [{"type": "first"}]},
        {"name": "x", "items": [{"type": "first", "count": True}]},
        {"name": "x", "items": [{"type": "second", "count": 1}]},
    ],
)
def test_a_request_that_violates_the_listing_is_refused(wrong: dict[str, Any]) -> None:
    assert not Draft202012Validator(GENERATED).is_valid(wrong)


def test_only_the_types_that_the_root_uses_are_kept() -> None:
    assert GENERATED["$defs"].keys() == {"Request", "Item", "First", "Second", "Either", "AnyValue"}


def test_alternatives_are_selected_by_their_discriminating_key() -> None:
    table = GENERATED["$defs"]["Item"]["x-dispatch"]
    assert table == {"key": "type", "cases": {"first": [0], "second": [1]}, "absent": [1], "rest": [2]}


def test_the_written_file_reads_back_as_the_schema() -> None:
    assert json.loads(written(GENERATED)) == GENERATED


@pytest.mark.parametrize("line", ["  broken", "  key?: [string", "  key?: string |"])
def test_an_unreadable_listing_is_refused(line: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        closed_schema(SMALL.replace("  when?: date", line), root="Request")


def test_the_committed_schema_is_a_schema_and_closed() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    objects = {name: one for name, one in SCHEMA["$defs"].items() if one.get("type") == "object"}
    assert len(objects) > 200
    assert {name for name, one in objects.items() if one["additionalProperties"] is not False} == OPEN.keys()
