"""Schemas of callers: unsound ones refused, strictness only where it holds, and what a maker refuses taken out."""

import pytest

from domain.request.schemas import fitted, is_closed, is_sound
from domain.tools.schema_bounds import DEEPEST

LEAF = {"type": "string"}
CLOSED = {"type": "object", "properties": {"a": LEAF}, "required": ["a"], "additionalProperties": False}


def nested(depth: int) -> dict[str, object]:
    schema: dict[str, object] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


SOUND = {
    "leaf": LEAF,
    "empty": {},
    "true inside": {"items": True},
    "own definition": {"$ref": "#/$defs/a", "$defs": {"a": LEAF}},
    "itself": {"properties": {"next": {"$ref": "#"}}},
    "escaped": {"$ref": "#/$defs/a~1b", "$defs": {"a/b": LEAF}},
    "deep": nested(20),
}
UNSOUND = {
    "no object": ["a"],
    "nowhere": {"$ref": "#/$defs/b", "$defs": {"a": LEAF}},
    "elsewhere": {"$ref": "https://a.example/schema"},
    "reference of another kind": {"$ref": 3},
    "properties are a list": {"properties": ["a"]},
    "property is a text": {"properties": {"a": "string"}},
    "empty choice": {"anyOf": []},
    "choice of texts": {"anyOf": ["string"]},
    "required is a text": {"required": "a"},
    "required numbers": {"required": [1]},
    "items are a text": {"items": "string"},
    "too deep": nested(DEEPEST + 1),
    "no JSON": {"default": {1, 2}},
    "keys of another kind": {"default": {1: 2}},
}


@pytest.mark.parametrize("schema", SOUND.values(), ids=SOUND)
def test_sound_schema_is_taken(schema):
    assert is_sound(schema)


@pytest.mark.parametrize("schema", UNSOUND.values(), ids=UNSOUND)
def test_unsound_schema_is_refused(schema):
    assert not is_sound(schema)


def test_schema_that_holds_itself_is_refused():
    schema: dict[str, object] = {"type": "array"}
    schema["items"] = schema
    assert not is_sound(schema)


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (CLOSED, True),
        ({"type": "object", "properties": {}, "additionalProperties": False}, True),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({**CLOSED, "properties": {"a": {"type": "object", "properties": {}}}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object"}}}}, False),
        ({**CLOSED, "$defs": {"x": {"type": "object"}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [LEAF, CLOSED]}}}, True),
    ],
)
def test_schema_is_closed_only_if_every_object_in_it_is(schema, closed):
    assert is_closed(schema) is closed


def test_nulls_are_taken_out_and_lists_made_distinct():
    schema = {"type": "object", "title": None, "enum": [None, "a"], "required": ["a", "a"], "properties": {"a": LEAF}}
    assert fitted(schema, "openai/gpt") == {
        "type": "object",
        "enum": ["a"],
        "required": ["a"],
        "properties": {"a": LEAF},
    }


def test_keywords_that_google_rejects_are_removed_at_every_depth():
    schema = {"$schema": "x", "properties": {"a": {"const": 3, "$schema": "y"}}, "enum": []}
    assert fitted(schema, "google/gemini") == {"properties": {"a": {"enum": [3]}}}


def test_property_that_is_called_like_a_keyword_stays():
    schema = {"properties": {"$schema": LEAF, "const": LEAF, "enum": LEAF, "required": LEAF}}
    assert fitted(schema, "google/gemini") == schema


def test_schema_of_the_caller_is_not_changed():
    schema = {"properties": {"a": {"const": 3, "title": None}}}
    fitted(schema, "google/gemini")
    assert schema == {"properties": {"a": {"const": 3, "title": None}}}
