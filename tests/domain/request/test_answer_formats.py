"""The schema of an answer: as its model's maker takes it, with every value that the caller allows."""

import json
from typing import Any

import pytest

from adapters.json_schema.checker import JsonSchemaChecker
from domain.request.text_format import text_of
from domain.request.tool_specs import function_tools
from tests.domain.tools.receivers import MODELS, refusal

CHECK = JsonSchemaChecker()


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def asked(schema: Any, slug: str = MODELS["openai"], *, strict: bool = True) -> dict[str, Any]:
    """Return the format that is sent for a schema."""
    wish = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}
    text = text_of(wish, None, None, None, slug)
    assert text is not None
    form = text["format"]
    assert isinstance(form, dict)
    return form


def takes(form: dict[str, Any], answer: Any) -> bool:
    return CHECK(form["schema"], answer) == ""


def refused(form: dict[str, Any], slug: str) -> str:
    """Return what the maker says about the schema: it reads those of answers as it reads those of tools."""
    tool = {"type": "function", "name": "answer", "parameters": form["schema"], "strict": form["strict"]}
    return refusal([tool], slug)


NULLABLE = {
    "listed": {"type": ["string", "null"], "enum": ["low", "high", None]},
    "listed without a type": {"enum": ["low", None]},
    "a constant in a choice": {"anyOf": [{"type": "string", "enum": ["low"]}, {"const": None}]},
    "as OpenAPI writes it": {"type": "string", "enum": ["low"], "nullable": True},
}


@pytest.mark.parametrize("slug", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("part", NULLABLE.values(), ids=NULLABLE)
def test_null_stays_a_value_of_the_answer(part, slug):
    form = asked(closed(level=part), slug)
    assert takes(form, {"level": None})
    assert takes(form, {"level": "low"})
    assert not takes(form, {"level": 3})
    assert form["strict"] is True


def test_null_alone_stays_the_only_value():
    form = asked(closed(nothing={"const": None}))
    assert takes(form, {"nothing": None})
    assert not takes(form, {"nothing": "a"})


ODD = {
    "tuple of draft 7": {"type": "array", "items": [{"type": "number"}, {"type": "string"}]},
    "required on the property": {"type": "string", "required": True},
    "reference to another document": {"$ref": "https://a.example/schema"},
    "empty choice": {"type": "string", "anyOf": []},
    "text for a schema": "string",
}


@pytest.mark.parametrize("part", ODD.values(), ids=ODD)
def test_odd_part_costs_only_that_part(part):
    form = asked(closed(odd=part, name={"type": "string"}))
    assert form["type"] == "json_schema"
    assert not takes(form, {"odd": [1, "a"], "name": 3})
    assert refused(form, MODELS["openai"]) == ""


LOOSE = {
    "default": {"type": "string", "default": "a"},
    "length": {"type": "string", "minLength": 2, "maxLength": 9},
    "entries": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "format": {"type": "string", "format": "uri"},
    "bounds": {"type": "integer", "minimum": 1, "maximum": 10},
    "pattern": {"type": "string", "pattern": "^(?!a)"},
}


@pytest.mark.parametrize("maker", ["openai", "anthropic"])
@pytest.mark.parametrize("part", LOOSE.values(), ids=LOOSE)
def test_keyword_that_strict_mode_refuses_moves_into_the_description(part, maker):
    form = asked(closed(value=part), MODELS[maker])
    assert form["strict"] is True
    assert refused(form, MODELS[maker]) == ""


OPEN = {
    "anything": closed(value={}),
    "described alone": closed(value={"description": "Of a type that depends."}),
    "several types": closed(value={"type": ["object", "null"]}),
}


@pytest.mark.parametrize("schema", OPEN.values(), ids=OPEN)
def test_what_may_be_anything_is_not_strict(schema):
    assert asked(schema)["strict"] is False
    tool = {"type": "function", "function": {"name": "look", "parameters": schema, "strict": True}}
    sent, left_out = function_tools((tool,), MODELS["openai"], None)
    assert left_out == ()
    assert refusal(sent, MODELS["openai"]) == ""


def test_root_that_refers_to_a_definition_is_that_object():
    node = closed(name={"type": "string"}, next={"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]})
    form = asked({"$defs": {"Node": node}, "$ref": "#/$defs/Node"})
    assert (form["schema"]["type"], form["strict"]) == ("object", True)
    assert takes(form, {"name": "a", "next": {"name": "b", "next": None}})
    assert not takes(form, {"name": "a", "next": {"name": "b"}})


def test_strict_tool_keeps_its_strict_form_without_words_that_it_refuses():
    parameters = closed(value={"type": "string", "default": "a", "minLength": 1})
    tool = {"type": "function", "function": {"name": "look", "parameters": parameters, "strict": True}}
    sent, _ = function_tools((tool,), MODELS["openai"], None)
    assert refusal(sent, MODELS["openai"]) == ""


def test_schema_beside_the_type_for_any_json_is_the_schema_of_the_answer():
    """As Together, Fireworks and llama.cpp document it; without one, any JSON is asked for."""
    schema = closed(a={"type": "string"})
    text = text_of({"type": "json_object", "schema": schema}, None, None, None, MODELS["openai"])
    assert text is not None
    assert text["format"]["schema"] == schema
    unusable: list[object] = [{}, None, "x", True]
    for odd in unusable:
        text = text_of({"type": "json_object", "schema": odd}, None, None, None, MODELS["openai"])
        assert text == {"format": {"type": "json_object"}}


def test_schema_that_allows_anything_still_asks_for_json():
    assert asked(True) == {"type": "json_object"}


def test_schema_as_json_text_is_the_schema():
    schema = closed(a={"type": "string"})
    assert asked(json.dumps(schema))["schema"] == schema
    (sent,), _ = function_tools([{"name": "look", "parameters": json.dumps(schema)}], MODELS["openai"], None)
    assert sent["parameters"]["properties"] == {"a": {"type": "string"}}
    for odd in ("{", "[1]", "text", "{" * 100_000):
        (sent,), _ = function_tools([{"name": "look", "parameters": odd}], MODELS["openai"], None)
        assert sent["parameters"]["properties"] == {}
