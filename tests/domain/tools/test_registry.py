"""Merging tools of several sources: legal and unique names that map back to their tools, in a stable order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.request.tool_specs import NAME, function_tools
from domain.tools.names import named
from domain.tools.registry import NO_ARGUMENTS, merged
from domain.tools.relaxing import relaxed
from ports.toolbox import ToolSpec
from tests.examples import examples

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def spec(name="look", source="workspace:maps", parameters=CITY, **more):
    return ToolSpec(name, "Looks.", parameters, source, **more)


def names(registry):
    return [tool["name"] for tool in registry.offered]


def test_tools_are_offered_by_name_in_the_flat_form():
    registry = merged([spec("b"), spec("a")])
    assert registry.offered[0] == {
        "type": "function",
        "name": "a",
        "description": "Looks.",
        "parameters": {**CITY, "additionalProperties": False},
        "strict": True,
    }
    assert names(registry) == ["a", "b"]


def test_the_same_tools_in_any_order_make_the_same_offer():
    tools = [spec("a"), spec("b"), spec("a", "mcp:x"), spec("c d")]
    assert merged(tools).offered == merged(reversed(tools)).offered


def test_names_that_clash_across_sources_get_their_source_as_prefix():
    registry = merged([spec("look", "mcp:x"), spec("look", "direct:y"), spec("send", "mcp:x")])
    assert names(registry) == ["direct_y_look", "mcp_x_look", "send"]
    assert registry.find("mcp_x_look") == spec("look", "mcp:x")


def test_a_later_tool_of_the_same_source_and_name_wins():
    first, second = spec("look"), spec("look", parameters=NO_ARGUMENTS)
    assert merged([first, second]).find("look") is second


@pytest.mark.parametrize("name", ["look up", "look.up", "übersicht", "x" * 80, "…"])
def test_an_illegal_name_is_rewritten_and_mapped_back(name):
    registry = merged([spec(name), spec("look_up")])
    (other,) = set(names(registry)) - {"look_up"}
    assert NAME.fullmatch(other)
    assert registry.find(other).name == name


def test_tools_passed_on_keep_their_names_and_cannot_be_run_here():
    caller = {"type": "function", "name": "look", "parameters": CITY}
    registry = merged([spec("look", "mcp:x")], [caller, {"type": "openrouter:web_search"}])
    assert registry.offered[1:] == (caller, {"type": "openrouter:web_search"})
    assert registry.runnable == {"mcp_x_look"}


@pytest.mark.parametrize("custom", [{"name": "look"}, {"custom": {"name": "look"}}], ids=["flat", "nested"])
def test_a_custom_tool_of_the_caller_keeps_its_name_too(custom):
    registry = merged([spec("look", "mcp:x")], [{"type": "custom", **custom}])
    assert registry.runnable == {"mcp_x_look"}
    assert registry.passed == {"look"}


def test_a_tool_without_a_name_is_dropped():
    assert merged([spec(" ")]).offered == ()


def test_an_unknown_name_is_not_found():
    assert merged([spec()]).find("other") is None


def test_sequential_tools_are_listed_by_their_offered_names():
    assert merged([spec("a b", sequential=True), spec("c")]).sequential == {names(merged([spec("a b")]))[0]}


@examples(40)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b:c", ""]), st.text("aü _.", max_size=3)), max_size=6),
    st.sets(st.text("ab_")),
)
def test_every_tool_gets_a_legal_name_of_its_own(keys, taken):
    given_names = named(keys, taken)
    assert set(given_names) == set(keys)
    assert len({*given_names.values(), *taken}) == len(given_names) + len(taken)
    assert all(NAME.fullmatch(name) for name in given_names.values())


def laughs(levels):
    """Definitions that each refer to the next one twice: following all references would take forever."""
    defs = {f"d{number}": {"anyOf": [{"$ref": f"#/$defs/d{number + 1}"}] * 2} for number in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**defs, f"d{levels}": CITY}}


@pytest.mark.parametrize(
    "parameters",
    [
        {"anyOf": [{"$ref": "#"}]},
        {"type": "object", "anyOf": [{"$ref": "#"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"oneOf": [{"$ref": "#/$defs/a"}, CITY]}}},
        laughs(60),
        {"type": "object", "properties": {"a": laughs(60)["$defs"]["d0"]}, "$defs": laughs(60)["$defs"]},
    ],
)
def test_endless_references_are_not_followed(parameters):
    (tool,) = merged([spec(parameters=parameters)]).tools.values()
    assert not tool.strict
    relaxed({"a": {"city": None}, "value": {"city": None}}, parameters)


# --- parameters -----------------------------------------------------------------------------------------------


def endless():
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    schema["properties"]["a"] = schema
    return schema


def deep():
    schema: dict[str, Any] = {}
    for _ in range(10_000):
        schema = {"type": "array", "items": schema}
    return {"type": "object", "properties": {"a": schema}}


CITY_ONLY = {"type": "object", "properties": {"city": {"type": "string"}}}
ODD = {
    "none": (None, {}),
    "null inside": ({"properties": {"a": None}}, {"a": {}}),
    "no JSON": ({"default": {1}, **CITY_ONLY}, CITY_ONLY["properties"]),
    "lone surrogate": ({"description": "\ud800", **CITY_ONLY}, CITY_ONLY["properties"]),
    "not a number": ({"default": float("nan"), **CITY_ONLY}, CITY_ONLY["properties"]),
    "elsewhere": ({"$ref": "https://a.example/schema"}, {}),
    "long": ({"description": "x" * 300_000, **CITY_ONLY}, CITY_ONLY["properties"]),
}


@pytest.mark.parametrize(("parameters", "properties"), ODD.values(), ids=ODD)
def test_an_odd_part_costs_only_that_part(parameters, properties):
    registry = merged([spec(parameters=parameters)], strictly=False)
    assert registry.offered[0]["parameters"]["properties"] == properties


@pytest.mark.parametrize("parameters", [endless(), deep()], ids=["cycle", "deep"])
def test_a_schema_that_is_too_deep_is_cut_off_with_a_reason(parameters):
    registry = merged([spec(parameters=parameters)])
    assert list(registry.offered[0]["parameters"]["properties"]) == ["a"]
    assert "too large or too deep" in registry.reasons[0]


def test_odd_parts_are_named_in_the_reasons():
    registry = merged([spec(parameters={"properties": {"a": 5, "b": {"$ref": "other.json"}}})])
    assert "#/properties/a, #/properties/b/$ref" in registry.reasons[0]


def test_a_schema_without_strict_form_is_sent_unchanged_with_a_reason():
    loose = {"type": "object", "properties": {"a": {}}}
    registry = merged([spec(parameters=loose)])
    assert (registry.offered[0]["parameters"], registry.offered[0]["strict"]) == (loose, False)
    assert registry.reasons == ("look: a part has no type",)


def test_no_schema_is_strict_when_the_operator_turns_strict_mode_off():
    registry = merged([spec()], strictly=False)
    assert (registry.offered[0]["parameters"], registry.offered[0]["strict"], registry.reasons) == (CITY, False, ())


@pytest.mark.parametrize("strictly", [True, False])
@pytest.mark.parametrize("root", [{"type": "array", "items": {"type": "string"}}, {"anyOf": [CITY, {"type": "null"}]}])
def test_a_root_that_is_not_an_object_is_wrapped(root, strictly):
    registry = merged([spec(parameters=root)], strictly=strictly)
    parameters = registry.offered[0]["parameters"]
    assert (parameters["type"], list(parameters["properties"])) == ("object", ["value"])
    assert registry.tools["look"].wrapped


@pytest.mark.parametrize("strictly", [True, False])
def test_a_root_that_refers_to_an_object_is_replaced_by_it(strictly):
    registry = merged([spec(parameters={"$ref": "#/$defs/City", "$defs": {"City": CITY}})], strictly=strictly)
    parameters = registry.offered[0]["parameters"]
    assert (parameters["properties"], registry.tools["look"].wrapped) == (CITY["properties"], False)


def test_an_object_with_a_choice_beside_its_properties_is_sent_unchanged():
    root = {**CITY, "anyOf": [{"required": ["city"]}, {"required": ["place"]}]}
    registry = merged([spec(parameters=root)])
    assert (registry.offered[0]["parameters"], registry.tools["look"].wrapped) == (root, False)


@pytest.mark.parametrize("root", [{}, {"type": "object"}, {"properties": {"a": {"type": "string"}}}])
def test_a_root_without_a_type_is_an_object(root):
    parameters = merged([spec(parameters=root)]).offered[0]["parameters"]
    assert (parameters["type"], parameters["additionalProperties"]) == ("object", False)


def test_the_request_builder_sends_the_offer_unchanged():
    loose = {"type": "object", "properties": {"x": {"enum": ["y"]}, "z": {"type": ["string", "null"]}}}
    registry = merged([spec("a"), spec("b", parameters=loose)])
    tools, dropped = function_tools(registry.offered, "maker/model", None)
    assert (tools, dropped) == (registry.offered, ())
