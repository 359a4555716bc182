"""Each maker's dialect: what it refuses is not sent, nothing of a tool is lost, and arguments reach the tool."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from domain.request.tool_specs import function_tools
from domain.tools.arguments import InvalidArguments, arguments_of
from domain.tools.dialects.choice import dialect_of
from domain.tools.registry import merged
from ports.toolbox import ToolSpec
from tests.domain.tools.receivers import CHECK, MODELS, offered, offered_names, refusal
from tests.domain.tools.schemas import ROOTS
from tests.examples import examples
from tests.tables import each

TEXT = {"type": "string"}
OWN = pytest.mark.parametrize("own", [True, False], ids=["toolbox", "request"])
ALL = pytest.mark.parametrize("maker", MODELS)


def obj(properties: Any, required: Any = (), **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


def one(part: Any, maker: str, *, own: bool = True) -> Any:
    """Return the form of one property."""
    tool, _ = offered(obj({"a": part}, ["a"]), MODELS[maker], own=own)
    assert refusal([tool], MODELS[maker]) == ""
    return tool["parameters"]["properties"]["a"]


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(levels):
        schema = obj({"a": schema}, ["a"])
    return schema


# --- chosen by the maker --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("openai/gpt-5.6-sol", "openai"),
        ("~anthropic/claude-opus-latest", "anthropic"),
        ("google/gemini-2.5-pro:free", "google"),
        ("Mistralai/codestral", "mistral"),
        ("deepseek/deepseek-v4", "plain"),
        ("openrouter/auto", "openai"),
        ("sim/tools", "plain"),
        ("", "plain"),
    ],
)
def test_the_maker_of_a_model_decides_the_dialect(slug, name):
    assert dialect_of(slug).name == name


# --- OpenAI ---------------------------------------------------------------------------------------------------

NOT_STRICT = {
    "lookahead": obj({"a": {"type": "string", "pattern": "^(?!\\.)[a-z.]+@x$"}}, ["a"]),
    "lookbehind": obj({"a": {"type": "string", "pattern": "(?<=a)b"}}, ["a"]),
    "named group": obj({"a": {"type": "string", "pattern": "(?P<x>a)"}}, ["a"]),
    "flags": obj({"a": {"type": "string", "pattern": "(?i)a"}}, ["a"]),
    "backreference": obj({"a": {"type": "string", "pattern": "(a)\\1"}}, ["a"]),
    "unicode class": obj({"a": {"type": "string", "pattern": "\\p{L}+"}}, ["a"]),
    "deep": nested(11),
    "wide": obj({f"p{n}": TEXT for n in range(5_001)}),
    "many values": obj({"a": {"type": "string", "enum": [f"v{n}" for n in range(1_001)]}}, ["a"]),
    "many values in all": obj({f"p{k}": {"type": "string", "enum": [f"v{n}" for n in range(101)]} for k in range(10)}),
    "long values": obj({"a": {"type": "string", "enum": [f"{n}" * 30 for n in range(251)]}}, ["a"]),
    "long names": obj({f"{n:0200}": TEXT for n in range(601)}),
    "through definitions": obj(
        {"a": {"$ref": "#/$defs/d0"}},
        ["a"],
        **{"$defs": {f"d{n}": obj({"b": {"$ref": f"#/$defs/d{n + 1}"}}, ["b"]) for n in range(12)} | {"d12": TEXT}},
    ),
}


@OWN
@pytest.mark.parametrize("schema", NOT_STRICT.values(), ids=NOT_STRICT)
def test_openai_gets_no_strict_form_of_what_its_strict_mode_refuses(schema, own):
    tool, _ = offered(schema, MODELS["openai"], own=own)
    assert tool["strict"] is False
    assert refusal([tool], MODELS["openai"]) == ""
    assert offered_names(tool["parameters"], tool["parameters"]) == offered_names(schema, schema)


@pytest.mark.parametrize("schema", [nested(5), obj({"a": {"type": "string", "pattern": "^[a-z]{2,3}$"}})])
def test_openai_gets_a_strict_form_of_everything_else(schema):
    tool, _ = offered(schema, MODELS["openai"])
    assert tool["strict"] is True
    assert refusal([tool], MODELS["openai"]) == ""


def test_a_pattern_that_openai_refuses_is_described():
    part = one({"type": "string", "description": "Mail.", "pattern": "^(?!\\.)x$"}, "openai")
    assert part == {"type": "string", "description": "Mail. Must be matching the pattern ^(?!\\.)x$."}


@ALL
@OWN
@pytest.mark.parametrize(
    "array", [{"type": "array"}, {"type": ["array", "null"]}, {"anyOf": [{"type": "array"}, TEXT]}]
)
def test_arrays_always_say_what_they_hold(array, maker, own):
    assert '"items"' in json.dumps(one(array, maker, own=own))


def test_an_array_of_anything_holds_anything():
    assert one({"type": "array"}, "openai") == {"type": "array", "items": {}}


@pytest.mark.parametrize("maker", ["openai", "anthropic", "plain", "mistral"])
@pytest.mark.parametrize("key", ["anyOf", "oneOf", "allOf"])
@OWN
def test_combinations_at_the_root_are_offered_side_by_side(key, own, maker):
    schema = {"type": "object", key: [obj({"a": TEXT}, ["a"]), obj({"b": TEXT}, ["b"])]}
    tool, _ = offered(schema, MODELS[maker], own=own)
    assert set(tool["parameters"]["properties"]) == {"a", "b"}
    assert tool["parameters"].get("required", []) == (["a", "b"] if key == "allOf" else [])


def test_which_properties_are_alternatives_is_described():
    schema = obj({"a": TEXT, "b": TEXT}, anyOf=[{"required": ["a"]}, {"required": ["b"]}])
    tool, _ = offered(schema, MODELS["anthropic"])
    assert tool["parameters"]["description"] == "Give one of: a; b."


# --- Google ---------------------------------------------------------------------------------------------------

WRITTEN = {
    "several types": ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
    "choice with null": ({"anyOf": [TEXT, {"type": "null"}]}, {"type": "string", "nullable": True}),
    "two types": ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    "number": ({"const": 1}, {"type": "integer", "description": "Allowed value: 1."}),
    "numbers": ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "description": "Allowed values: 1, 2."}),
    "truth": ({"const": True}, {"type": "boolean", "description": "Allowed value: true."}),
    "text": ({"const": "x"}, {"type": "string", "enum": ["x"]}),
    "texts": ({"enum": ["x", "y"]}, {"type": "string", "enum": ["x", "y"]}),
    "texts and null": ({"enum": ["x", None]}, {"type": "string", "enum": ["x"], "nullable": True}),
    "format": ({"type": "string", "format": "uri"}, {"type": "string", "description": "Must be in the format uri."}),
    "date": ({"type": "string", "format": "date-time"}, {"type": "string", "format": "date-time"}),
    "exclusive": (
        {"type": "number", "exclusiveMinimum": 0, "maximum": 9},
        {"type": "number", "maximum": 9, "description": "Must be more than 0."},
    ),
    "default": ({"type": "integer", "default": 3}, {"type": "integer", "description": "Default: 3."}),
    "all of": ({"allOf": [TEXT, {"description": "d"}]}, {"type": "string", "description": "d"}),
    "any object": ({"type": "object"}, {"type": "object", "properties": {}}),
    "tuple": (
        {"type": "array", "prefixItems": [TEXT, {"type": "integer"}]},
        {
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            "description": "Entries in order: string, integer.",
        },
    ),
}


@OWN
@pytest.mark.parametrize(("part", "written"), WRITTEN.values(), ids=WRITTEN)
def test_google_gets_the_schema_as_google_writes_it(part, written, own):
    assert one(part, "google", own=own) == written


def test_google_gets_references_copied_in_and_a_recursive_one_as_anything():
    tree = obj({"name": TEXT, "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}, ["name"])
    part = one({"$ref": "#/$defs/Node", "$defs": {}}, "google")
    assert "anyOf" in part  # a definition elsewhere is anything
    tool, _ = offered(obj({"root": {"$ref": "#/$defs/Node"}}, **{"$defs": {"Node": tree}}), MODELS["google"])
    node = tool["parameters"]["properties"]["root"]
    assert (set(node["properties"]), node["required"]) == ({"name", "children"}, ["name"])
    assert "anyOf" in node["properties"]["children"]["items"]
    assert refusal([tool], MODELS["google"]) == ""


def test_google_gets_no_strict_form_and_no_required_name_without_a_property():
    tool, _ = offered(obj({"a": TEXT}, ["a", "ref"]), MODELS["google"])
    assert (tool["strict"], tool["parameters"]["required"]) == (False, ["a"])


# --- Anthropic and Mistral ------------------------------------------------------------------------------------


@OWN
def test_property_names_that_anthropic_refuses_are_named_by_patterns(own):
    schema = obj({"filter[id]": TEXT, "x" * 70: TEXT, "limit": TEXT}, ["filter[id]"])
    tool, _ = offered(schema, MODELS["anthropic"], own=own)
    assert refusal([tool], MODELS["anthropic"]) == ""
    assert list(tool["parameters"]["properties"]) == ["limit"]
    assert set(tool["parameters"]["patternProperties"]) == {"^filter\\[id\\]$", f"^{'x' * 70}$"}
    assert "filter[id]" in tool["parameters"]["description"]


def test_anthropic_gets_at_most_the_strict_tools_it_compiles():
    schema = obj({"a": TEXT, "b": TEXT}, ["a"])  # one property becomes nullable: a union
    registry = merged([ToolSpec(f"t{n:02}", "", schema, "workspace:a") for n in range(40)])
    tools, _ = function_tools(registry.offered, MODELS["anthropic"], None)
    assert refusal(tools, MODELS["anthropic"]) == ""
    assert [tool["strict"] for tool in tools] == [True] * 16 + [False] * 24


@pytest.mark.parametrize("part", [{"type": "integer", "minimum": 1}, {"type": "array", "items": TEXT, "minItems": 2}])
def test_anthropic_gets_no_strict_form_of_bounds(part):
    tool, _ = offered(obj({"a": part}, ["a"]), MODELS["anthropic"])
    assert (tool["strict"], tool["parameters"]["properties"]["a"]) == (False, part)


def test_mistral_gets_no_keyword_its_grammar_lacks():
    part = one({"type": "array", "items": TEXT, "uniqueItems": True, "not": {"maxItems": 0}}, "mistral")
    assert set(part) == {"type", "items", "description"}
    assert "no entry twice" in part["description"]


# --- null -----------------------------------------------------------------------------------------------------

NULLABLE = {
    "choice": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 10},
    "types": {"type": ["integer", "null"], "default": 10},
    "openapi": {"type": "integer", "nullable": True, "default": 10},
    "listed": {"enum": [1, 2, None], "default": 1},
    "reference": {"$ref": "#/$defs/L", "default": 10},
    "no default": {"type": ["integer", "null"]},
    "default null": {"type": ["integer", "null"], "default": None},
}


@ALL
@pytest.mark.parametrize("part", NULLABLE.values(), ids=NULLABLE)
def test_null_reaches_the_tool_where_its_schema_gives_it_a_meaning(part, maker):
    schema = obj({"limit": part}, **{"$defs": {"L": {"type": ["integer", "null"]}}})
    tool, registry = offered(schema, MODELS[maker])
    assert refusal([tool], MODELS[maker]) == ""
    assert arguments_of('{"limit": null}', registry.tools["look"], CHECK) == {"limit": None}
    assert arguments_of("{}", registry.tools["look"], CHECK) == {}


@pytest.mark.parametrize("name", ["choice", "types", "no default"])
def test_a_property_that_is_null_or_left_out_stays_optional(name):
    tool, _ = offered(obj({"limit": NULLABLE[name]}), MODELS["openai"])
    assert (tool["strict"], tool["parameters"].get("required", [])) == (False, [])


def test_null_of_a_property_without_null_means_left_out():
    tool, registry = offered(obj({"a": TEXT, "b": {"type": "integer"}}, ["a"]), MODELS["openai"])
    assert tool["strict"]
    assert arguments_of('{"a": "x", "b": null}', registry.tools["look"], CHECK) == {"a": "x"}


@ALL
def test_arguments_are_checked_against_the_original(maker):
    _, registry = offered(obj({"a": {"type": "integer", "enum": [1, 2]}, "b": TEXT}, ["a"]), MODELS[maker])
    with pytest.raises(InvalidArguments):
        arguments_of('{"a": 3}', registry.tools["look"], CHECK)
    assert arguments_of('{"a": 2}', registry.tools["look"], CHECK) == {"a": 2}


# --- one odd part costs that part -----------------------------------------------------------------------------

GOOD = obj(
    {
        "query": {"type": "string", "minLength": 1, "description": "What to look for."},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50, "default": 10},
        "tags": {"type": "array", "items": TEXT, "uniqueItems": True},
        "range": {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]},
        "where": obj({"city": TEXT, "zip": {"type": ["string", "null"]}}, ["city"]),
        "kind": {"enum": ["a", "b"]},
        "either": {"anyOf": [TEXT, obj({"deep": TEXT})]},
        "node": {"$ref": "#/definitions/Node"},
    },
    ["query"],
    definitions={"Node": obj({"name": TEXT, "next": {"$ref": "#/definitions/Node"}})},
)
RUBBISH = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 10),
        st.sampled_from([10**400, -(10**400)]),
        st.floats(),
        st.sampled_from(["", "string", "x", "#", "#/nowhere", "https://a.example/s.json", "(?=a)", "\ud800"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *("type", "properties", "required", "items", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"),
                    *("not", "if", "then", "additionalProperties", "nullable", "pattern", "minimum", "minItems"),
                    *("exclusiveMinimum", "$defs", "definitions", "default", "description", "$id", "a", "b[c]"),
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, part in inner for found in places(part, (*path, key)))]


def replaced(node: Any, path: tuple[Any, ...], rubbish: Any) -> Any:
    if not path:
        return rubbish
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], rubbish)
    return copy


def untouched(path: tuple[Any, ...]) -> set[str]:
    """Return the properties of GOOD that stay if the part at `path` is replaced."""
    top = set(GOOD["properties"])
    if not path or path == ("properties",):
        return set()
    return top - {path[1]} if path[0] == "properties" else top


SLOW = {"suppress_health_check": list(HealthCheck)}


@examples(150, **SLOW)
@given(RUBBISH, st.sampled_from(sorted(MODELS)), st.booleans())
def test_whatever_a_schema_is_the_offer_is_legal(schema, maker, own):
    tool, registry = offered(schema, MODELS[maker], own=own)
    assert refusal([tool], MODELS[maker]) == ""
    for found in registry.tools.values():
        CHECK(found.original, {"a": 1})


@examples(250, **SLOW)
@given(st.sampled_from(places(GOOD)), RUBBISH, st.sampled_from(sorted(MODELS)), st.booleans())
def test_one_odd_part_costs_only_itself(path, rubbish, maker, own):
    schema = replaced(GOOD, path, rubbish)
    tool, _ = offered(schema, MODELS[maker], own=own)
    assert refusal([tool], MODELS[maker]) == ""
    assert untouched(path) <= set(tool["parameters"]["properties"])


@pytest.mark.parametrize(
    "odd", [10**5000, {("a", "b"): 1}, {1: {"type": "string"}, None: 2}, {"x", "y"}, object()], ids=type
)
@pytest.mark.parametrize("maker", sorted(MODELS))
def test_a_part_that_json_cannot_hold_costs_only_itself(odd, maker):
    tool, _ = offered(obj({"a": odd, "b": TEXT}), MODELS[maker], own=True)
    assert refusal([tool], MODELS[maker]) == ""
    assert {"a", "b"} <= json.loads(json.dumps(tool))["parameters"]["properties"].keys()


@each("key", ["const", "enum", "default", "examples", "minimum", "multipleOf", "maxItems", "type"])
@each("maker", sorted(MODELS))
def test_an_integer_that_python_cannot_write_costs_its_keyword_alone(key, maker):
    huge = 10**5000
    schema = obj({"a": {"description": "d", key: [huge, 1] if key in ("enum", "examples") else huge}, "b": TEXT})
    tool, registry = offered(schema, MODELS[maker], own=True)
    assert refusal([tool], MODELS[maker]) == ""
    assert {"a", "b"} <= json.loads(json.dumps(tool))["parameters"]["properties"].keys()
    for found in registry.tools.values():
        CHECK(found.original, {"a": 1})


@examples(100, **SLOW)
@given(ROOTS, st.sampled_from(sorted(MODELS)), st.booleans())
def test_good_schemas_are_legal_for_every_maker(schema, maker, own):
    tool, _ = offered(schema, MODELS[maker], own=own)
    assert refusal([tool], MODELS[maker]) == ""
    assert set(schema["properties"]) <= set(tool["parameters"]["properties"])


READ = {
    "tuple": (
        {"type": "array", "items": [{"type": "integer"}]},
        {"type": "array", "prefixItems": [{"type": "integer"}]},
    ),
    "external": ({"$ref": "https://a.example/s.json", "description": "d"}, {"description": "d"}),
    "null part": (None, {}),
    "true": (True, {}),
    "false": (False, {"not": {}}),
    "shorthand": ("string", {"type": "string"}),
    "upper case": ({"type": "STRING"}, {"type": "string"}),
    "python type": ({"type": "int"}, {"type": "integer"}),
    "unknown type": ({"type": "date-range", "description": "d"}, {"description": "d"}),
    "type of a wrong kind": ({"type": 5, "minimum": 2}, {"minimum": 2}),
    "wrong bound": ({"type": "integer", "minimum": "one"}, {"type": "integer"}),
    "draft 4 bound": (
        {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 0},
    ),
    "null branch": ({"anyOf": [{"type": "string"}, None]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "nullable": ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    "nullable list": (
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "example": ({"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
    "discriminator": ({"type": "object", "discriminator": {"propertyName": "a"}}, {"type": "object"}),
    "no values": ({"type": "string", "enum": []}, {"type": "string"}),
    "values by name": ({"enum": {"a": 1, "b": 2}}, {"enum": ["a", "b"]}),
    "properties as a list": (
        {"type": "object", "properties": [{"name": "a", "type": "string"}]},
        {"type": "object", "properties": {"a": {"type": "string"}}},
    ),
    "own required": (
        {"type": "object", "properties": {"a": {"type": "string", "required": True}, "b": {"required": False}}},
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]},
    ),
}


@pytest.mark.parametrize(("part", "meant"), READ.values(), ids=READ)
def test_other_dialects_of_schemas_are_understood(part, meant):
    _, registry = offered(obj({"a": part, "b": TEXT}, ["b"]), MODELS["plain"])
    original = registry.tools["look"].original
    assert (original["properties"]["a"], original["required"]) == (meant, ["b"])


@pytest.mark.parametrize(
    "reference",
    [
        *("#/definitions/Node", "#/$defs/Node", "Node", "#Node", "#/definitions/My%20Node", "#/properties/b"),
        *("https://own.example/s#/definitions/Node", "#/components/schemas/Node"),
    ],
)
def test_references_of_every_kind_lead_to_their_targets(reference):
    node = obj({"name": TEXT}, ["name"])
    schema = {
        "$id": "https://own.example/s",
        "type": "object",
        "properties": {"a": {"$ref": reference}, "b": node},
        "definitions": {"Node": node, "My Node": node},
    }
    for maker, model in MODELS.items():
        tool, _ = offered(schema, model)
        assert refusal([tool], model) == ""
        assert "name" in offered_names(tool["parameters"]["properties"]["a"], tool["parameters"]), maker


def test_a_reference_that_leads_in_a_circle_allows_anything():
    schema = obj(
        {"a": {"$ref": "#/$defs/A"}, "b": TEXT}, **{"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}
    )
    for model in MODELS.values():
        tool, registry = offered(schema, model)
        assert refusal([tool], model) == ""
        assert CHECK(registry.tools["look"].original, {"a": 5, "b": "x"}) == ""
        assert CHECK(registry.tools["look"].original, {"b": 5}) != ""
