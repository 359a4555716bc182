"""Tools, tool choices and answer formats, valid and invalid."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.drawing.conversation import NAMES
from tests.oracle.drawing.values import junk, near, rarely

CITY = {"type": "string", "description": "Name of the city"}


def nested(depth: int) -> dict[str, Any]:
    """Build a schema of nested objects."""
    schema: dict[str, Any] = {"type": "object", "properties": {"leaf": {"type": "string"}}}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"down": schema}}
    return schema


SCHEMAS: list[Any] = [
    {"type": "object", "properties": {"city": CITY}, "required": ["city"], "additionalProperties": False},
    {"type": "object", "properties": {"city": CITY}, "required": ["city"]},
    {"type": "object", "properties": {}},
    {"type": "object"},
    {},
    {"type": "object", "properties": {"a": CITY, "b": {"type": "integer", "default": None}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}}},
    {"type": "object", "properties": {"a": {"enum": ["x", None]}, "b": {"enum": []}, "c": {"const": None}}},
    {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"a": {"const": "x"}}},
    {
        "type": "object",
        "properties": {"node": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    },
    {"type": "object", "properties": {"a": {"$ref": "#/definitions/Missing"}}},
    {"type": "object", "properties": {"a": {"$ref": "https://example.com/schema.json"}}},
    {"type": "object", "properties": {"self": {"$ref": "#"}}},
    {"type": "array", "items": CITY},
    {"type": "string"},
    {"type": "objekt", "properties": {"a": "string"}},
    {"type": ["object", "null"], "properties": {"a": CITY}},
    {"anyOf": [{"type": "object", "properties": {"a": CITY}}, {"type": "object", "properties": {"b": CITY}}]},
    {"properties": {"a": CITY}},
    {"type": "object", "properties": {"a": CITY}, "required": "a"},
    {"type": "object", "properties": {"a": CITY}, "required": ["a", "a", "ghost"]},
    {"type": "object", "properties": ["a"]},
    {"type": "object", "properties": {"cache_control": {"type": "object"}, "type": CITY, "größe": CITY, "": CITY}},
    {"type": "object", "properties": {"bad \ud800": {"type": "string", "description": "nul \0"}}},
    {
        "type": "object",
        "properties": {"deep": {"type": "array", "items": {"type": "object", "properties": {"x": CITY}}}},
    },
    nested(8),
    nested(60),
    "object",
    None,
    [],
]
schemas = st.sampled_from(SCHEMAS)
FUNCTION_FIELDS = {
    "description": near("Current weather for a city.", "", "d" * 2000),
    "parameters": schemas,
    "strict": near(True, False, "yes"),
}
names = st.one_of(st.sampled_from(["get_weather", "screenshot", "adder"]), st.integers(0, 40).map("tool_{}".format))


def function(name: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": name}, optional=FUNCTION_FIELDS)


one_tool = st.one_of(
    st.fixed_dictionaries({"type": st.just("function"), "function": function(names)}),
    st.fixed_dictionaries({"type": st.just("function"), "function": function(names)}),
    st.fixed_dictionaries({"type": st.just("function"), "function": function(NAMES)}, optional={"cache_control": junk}),
    st.fixed_dictionaries({"type": st.just("function"), "name": names}, optional=FUNCTION_FIELDS),
    st.fixed_dictionaries({"function": function(names)}),
    st.fixed_dictionaries({"type": st.just("function"), "function": junk}),
    near(
        {"type": "openrouter:web_search", "parameters": {"max_results": 99, "allowed_domains": ["a.b"]}},
        {"type": "openrouter:datetime"},
        {"type": "openrouter:crystal_ball"},
        {"type": "web_search"},
        {"type": "web_search_preview", "search_context_size": "low"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "custom", "name": "free_text"},
        {"type": "custom", "custom": {"name": "free_text"}},
        {"type": "mcp", "server_label": "x", "server_url": "https://example.com"},
        {"googleSearch": {}},
    ),
)
tools = rarely(st.lists(one_tool, max_size=6), st.one_of(junk, near({"name": "get_weather"})), one_in=12)
many_tools = st.integers(29, 140).map(
    lambda count: [
        {"type": "function", "function": {"name": f"tool_{n}", "description": f"Tool {n}.", "parameters": SCHEMAS[0]}}
        for n in range(count)
    ]
)
tool_choices = near(
    "auto", "none", "required", "any", "get_weather", {"type": "function", "function": {"name": "get_weather"}},
    {"type": "function", "name": "get_weather"}, {"type": "function", "function": {"name": "nobody"}},
    {"type": "function"},
    {"type": "function", "function": None}, {"type": "tool", "name": "get_weather"}, {"type": "auto"},
    {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_weather"}]},
    {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": []}}, {"type": "web_search_preview"},
)  # fmt: skip
functions = st.lists(function(names), max_size=2)
function_calls = near("auto", "none", "get_weather", {"name": "get_weather"}, {"name": "nobody"}, {})


def json_schema(name: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={"name": name, "schema": schemas, "strict": near(True, False), "description": near("An answer.", 5)},
    )


response_formats = st.one_of(
    near({"type": "text"}, {"type": "json_object"}, {"type": "json_schema"}, {"type": "grammar", "grammar": "x"},
         {"type": "json_object", "schema": {}}, {"type": "xml"}, "json_object", {"type": "python"}),
    json_schema(NAMES).map(lambda inner: {"type": "json_schema", "json_schema": inner}),
    json_schema(st.just("answer")).map(lambda inner: {"type": "json_schema", "json_schema": inner}),
    json_schema(NAMES).map(lambda flat: {"type": "json_schema", **flat}),
    junk.map(lambda inner: {"type": "json_schema", "json_schema": inner}),
)  # fmt: skip
