"""Schemas that were made to hold up the process: whatever reads them ends soon, and no stack overflows."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.request.schemas import is_sound
from domain.request.tool_specs import function_tools
from domain.tools.arguments import InvalidArguments, arguments_of
from domain.tools.registry import Offered, merged
from domain.tools.relaxing import relaxed
from domain.tools.schema_bounds import DEEPEST, MOST_PARTS, bounded, is_bounded, size_of_schemas
from domain.tools.sound_schema import sound
from domain.tools.strict import strict
from ports.offload import LARGE
from ports.toolbox import ToolSpec
from tests.domain.tools.receivers import MODELS
from tests.examples import examples

SECONDS = 2.0
"""Of the processor, on a busy machine; what was unbounded took minutes."""


def deep(levels: int, key: str = "items") -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", key: schema}
    return {"type": "object", "properties": {"a": schema}, "required": ["a"]}


def fanned(count: int, section: str = "$defs") -> dict[str, Any]:
    """Choices whose branches are references to choices of references."""
    branches = [{"$ref": f"#/{section}/d{number}"} for number in range(count)]
    definitions = {f"d{number}": {"anyOf": branches} for number in range(count)}
    return {"type": "object", "properties": {"a": {"anyOf": branches}}, "required": ["a"], section: definitions}


def nested_choices(levels: int, width: int) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "object", "properties": {"x": {"type": "string"}}}
    for level in range(levels):
        node = {"anyOf": [node, *({"type": "object", "properties": {f"k{level}{n}": {}}} for n in range(width))]}
    return {"type": "object", "properties": {"a": node}}


TEXT = {"type": "string"}
HOSTILE: dict[str, dict[str, Any]] = {
    "deep": deep(100_000),
    "deep allOf": {"type": "object", "properties": {"a": deep(50_000, "allOf")}},
    "branches of branches": fanned(300),
    "branches of branches, definitions": fanned(120, "definitions"),
    "nested choices": nested_choices(50, 100),
    "wide": {"type": "object", "properties": {f"p{n}": TEXT for n in range(400_000)}},
    "many listed": {"type": "object", "properties": {"a": {"enum": list(range(400_000))}}},
    "long words": {"type": "object", "description": "x" * 10_000_000},
    "one object in many places": {"type": "object", "properties": {f"p{n}": deep(60) for n in range(500)}},
    "circle of definitions": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
}


def cyclic() -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["a"] = schema
    return schema


@pytest.mark.parametrize("name", HOSTILE)
def test_every_reader_of_a_schema_ends_soon(name):
    schema = HOSTILE[name]
    began = time.thread_time()

    strict(schema)
    is_sound(schema)
    sound(bounded(schema))
    registry = merged([ToolSpec("look", "Look.", schema, "workspace:a")])
    relaxed({"a": {"x": None}}, registry.tools["look"].original)
    for model in MODELS.values():
        function_tools(registry.offered, model, None)

    assert time.thread_time() - began < SECONDS


@pytest.mark.parametrize(
    ("schema", "names"),
    [(HOSTILE["deep"], ["a"]), (HOSTILE["wide"], []), (HOSTILE["long words"], []), (cyclic(), ["a"])],
    ids=["deep", "wide", "long", "cycle"],
)
def test_a_schema_beyond_the_bounds_is_cut_off(schema, names):
    tool = merged([ToolSpec("look", "Look.", schema, "workspace:a")]).tools["look"]

    assert list(tool.original["properties"]) == names
    assert "too large or too deep" in tool.reason


def test_definitions_that_lead_in_circles_allow_anything():
    tool = merged([ToolSpec("look", "Look.", fanned(60), "workspace:a")]).tools["look"]

    assert (tool.strict, list(tool.original["properties"])) == (False, ["a"])
    assert "$ref" in tool.reason


def test_the_bounds_are_met_exactly():
    assert is_bounded({"a": list(range(MOST_PARTS - 2))})
    assert not is_bounded({"a": list(range(MOST_PARTS))})
    assert is_bounded(nested_lists(DEEPEST - 1))
    assert not is_bounded(nested_lists(DEEPEST))


def nested_lists(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def test_ordinary_schemas_are_read_in_place_and_large_ones_are_not():
    small = {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "A word."} for n in range(9)}}

    assert size_of_schemas([small] * 5) < LARGE
    assert all(size_of_schemas([schema]) == LARGE for schema in (fanned(300), HOSTILE["wide"], HOSTILE["deep"]))
    assert size_of_schemas([small] * 10_000) == LARGE


@pytest.mark.parametrize("schema", [fanned(2), {"type": "object", "unevaluatedProperties": False}], ids=["ref", "rest"])
def test_arguments_are_never_checked_in_place_by_a_schema_whose_cost_nobody_knows(schema):
    assert merged([ToolSpec("look", "", schema, "workspace:a")]).tools["look"].effort == LARGE


def test_a_value_that_fits_nowhere_in_a_tangle_of_references_is_returned_soon():
    value = {"a": [{"b": [{"c": None}] * 500}] * 100}
    began = time.thread_time()

    assert relaxed(value, fanned(150)) == value
    assert time.thread_time() - began < SECONDS


@pytest.mark.parametrize("text", ['{"a": 0x' + "f" * 50_000 + "}", "{'a': " + "-" * 60_000 + "1}"])
def test_a_literal_that_python_reads_but_nobody_can_write_is_refused(text):
    with pytest.raises(InvalidArguments):
        arguments_of(text, Offered("look", ToolSpec("look", "", {}, "a"), {}), lambda _schema, _arguments: "")


PARTS = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "null"}, {"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, {}, True]),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=6)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("abc"), inner)}
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
    ),
    max_leaves=25,
)


@examples(200)
@given(PARTS, PARTS, PARTS, st.recursive(st.none(), lambda part: st.dictionaries(st.sampled_from("abc"), part)))
def test_any_schema_is_read_soon_and_never_raises(root, first, second, value):
    schema = {"type": "object", "properties": {"a": root}, "$defs": {"a": first, "b": second}}
    began = time.thread_time()

    registry = merged([ToolSpec("look", "Look.", schema, "workspace:a")])
    relaxed({"a": value}, registry.tools["look"].original)

    assert time.thread_time() - began < SECONDS
