"""Random schemas as tools send them, and values that a strict schema allows."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]
NAMES = ("a", "b", "c")
_words = st.fixed_dictionaries({}, optional={"title": st.just("T"), "default": st.none(), "x-order": st.just(1)})
_strings = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "pattern": st.just("^x"),
        "format": st.sampled_from(["date", "uri"]),
        "minLength": st.sampled_from([0, 0, 1]),
        "minimum": st.just(3),
    },
)
_numbers = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={"minimum": st.integers(-2, 1), "exclusiveMaximum": st.integers(2, 4), "multipleOf": st.just(1)},
)
_listed = st.builds(
    lambda values, kind: {"enum": values} | kind,
    st.lists(st.sampled_from(["x", "y", None, 1, 1.5, True]), min_size=1, max_size=3),
    st.sampled_from([{}, {}, {"type": "string"}, {"type": ["string", "null"]}, {"type": "number"}]),
)
_leaves = st.one_of(
    _strings,
    _numbers,
    _listed,
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"const": "x"},
            {"const": None},
            {"type": ["string", "null"]},
            {"$ref": "#/$defs/one"},
            {"$ref": "#/$defs/one", "description": "d"},
            {"allOf": [{"$ref": "#/$defs/two"}], "default": 1},
            {"$ref": "#/$defs/two"},
            {"$ref": "#"},
            {"$ref": "#/$defs/nowhere"},
            {},
            True,
        ]
    ),
)


def _objects(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        lambda kind, properties, required, more: {
            **kind,
            "properties": properties,
            "required": [name for name in required if name in properties or more.get("maxProperties") == 9],
            **more,
        },
        st.sampled_from([{"type": "object"}, {"type": "object"}, {}, {"type": ["object", "null"]}]),
        st.dictionaries(st.sampled_from(NAMES), parts, min_size=1, max_size=3),
        st.lists(st.sampled_from(NAMES), unique=True, max_size=3),
        st.fixed_dictionaries(
            {},
            optional={
                "additionalProperties": st.sampled_from([False] * 9 + [True]),
                "minProperties": st.sampled_from([0, 0, 0, 1]),
                "maxProperties": st.sampled_from([3, 3, 9]),
                "unevaluatedProperties": st.just(False),
            },
        ),
    )


def _grown(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    branches = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        _objects(parts),
        _objects(parts),
        st.builds(lambda items, more: {"type": "array", "items": items, **more}, parts, _array_bounds),
        st.builds(lambda items: {"items": items}, parts),
        st.builds(lambda branches, words: {**words, "anyOf": branches}, branches, _words),
        st.builds(lambda branches: {"oneOf": branches}, branches),
        st.builds(lambda branch, words: {"allOf": [branch], **words}, parts, _words),
    )


_array_bounds = st.fixed_dictionaries({}, optional={"minItems": st.integers(0, 1), "uniqueItems": st.just(False)})
SCHEMAS = st.recursive(_leaves, _grown, max_leaves=6)
ROOTS = st.builds(
    lambda root, one, two: {**root, "$defs": {"one": one, "two": two}},
    _objects(SCHEMAS).map(lambda root: {**root, "type": "object"}),
    SCHEMAS,
    SCHEMAS,
)


def value_of(draw: Draw, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 5) -> Any:
    """Draw a value for a strict schema; when `depth` is used up, the value may violate the schema."""
    if depth == 0:
        return None
    if "$ref" in schema:
        place = schema["$ref"].split("/")[1:]
        return value_of(draw, root[place[0]][place[1]] if place else root, root, depth - 1)
    if "anyOf" in schema:
        return value_of(draw, draw(st.sampled_from(schema["anyOf"])), root, depth)
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    kinds = schema["type"]
    kind = draw(st.sampled_from([kinds] if isinstance(kinds, str) else kinds))
    if kind == "object":
        return {name: value_of(draw, part, root, depth - 1) for name, part in schema["properties"].items()}
    if kind == "array":
        size = draw(st.integers(schema.get("minItems", 0), 2))
        return [value_of(draw, schema["items"], root, depth - 1) for _ in range(size)]
    simple: dict[str, list[object]] = {
        "string": ["x", "xy"],
        "integer": [0, 1],
        "number": [0, 1, 1.5],
        "boolean": [True, False],
        "null": [None],
    }
    return draw(st.sampled_from(simple[kind]))
