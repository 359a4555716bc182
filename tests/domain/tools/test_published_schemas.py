"""Published schemas of every source: each maker takes them, and no property of theirs is lost."""

import json

import pytest

from domain.tools.arguments import arguments_of
from tests.domain.tools.published import NAMES, PUBLISHED, names_in
from tests.domain.tools.receivers import CHECK, MODELS, offered, offered_names, refusal
from tests.tables import each

OWN = pytest.mark.parametrize("own", [True, False], ids=["toolbox", "request"])
ARGUMENTS = [
    ("zod: tuple", {"range": [1, 2]}, {"range": ["a", 2]}),
    ("zod: native enum", {"level": 1, "mixed": "a"}, {"level": 7}),
    ("zod: literal", {"kind": "page", "version": 2}, {"kind": "page", "version": 3}),
    ("zod: lazy tree", {"root": {"name": "a", "children": [{"name": "b"}]}}, {"root": {"children": []}}),
    (
        "zod: reference into a property",
        {"from": {"x": 1, "y": 2}, "to": {"x": 3, "y": 4}},
        {"from": {"x": 1, "y": 2}, "to": {"x": "3"}},
    ),
    ("zod4: prefix", {"pair": ["a", 1]}, {"pair": [1, 1]}),
    ("zod4: recursive root", {"value": "a", "next": {"value": "b"}}, {"value": "a", "next": {"value": 5}}),
    ("pydantic: optional", {"query": "x", "limit": None}, {"query": 5}),
    ("pydantic: dangling definitions", {"query": "x", "item": [1]}, {"item": [1]}),
    ("openapi: query", {"status": "a"}, {"limit": 3}),
    ("openapi: brackets", {"filter[name]": "a"}, {"filter[name]": 4}),
    ("openapi: body", {"body": {"id": 1, "tag": None}}, {"body": {"tag": "x"}}),
    ("openapi: nullable list", {"sort": None, "ids": None}, {"sort": "up"}),
    ("drafts: draft 3", {"a": "x"}, {"b": 3}),
    ("drafts: draft 4", {"n": 0.5}, {"n": 0}),
    ("drafts: dependencies", {"card": "1", "address": "x"}, {"card": "1"}),
    ("drafts: conditions", {"kind": "a", "x": "1"}, {"kind": "a"}),
    ("drafts: anchors", {"a": {"leaf": "x"}}, {"a": {"leaf": 1}}),
    ("drafts: upper case", {"q": "x", "l": [1]}, {"l": ["x"]}),
    ("drafts: shorthand", {"city": "Oslo"}, {"city": 4}),
    ("drafts: undefined required", {"text": "x"}, {"text": 4}),
]


def test_there_are_enough_of_them():
    assert len(PUBLISHED) >= 80


@OWN
@pytest.mark.parametrize("maker", MODELS)
def test_every_maker_takes_every_published_schema_with_all_its_properties(maker, own):
    lost = {}
    for name, schema in PUBLISHED.items():
        tool, _ = offered(schema, MODELS[maker], own=own)
        assert refusal([tool], MODELS[maker]) == "", name
        missing = NAMES.get(name, names_in(schema)) - offered_names(tool["parameters"], tool["parameters"])
        if missing:
            lost[name] = missing
    assert lost == {}


@each("maker", MODELS)
@each(("name", "right", "wrong"), ARGUMENTS, ids=[name for name, _, _ in ARGUMENTS])
def test_arguments_are_judged_by_what_was_published(name, right, wrong, maker):
    _, registry = offered(PUBLISHED[name], MODELS[maker])
    assert arguments_of(json.dumps(right), registry.tools["look"], CHECK) == right
    assert CHECK(registry.tools["look"].original, wrong) != ""


def test_descriptions_are_kept():
    for name, schema in PUBLISHED.items():
        for maker, model in MODELS.items():
            tool, _ = offered(schema, model)
            for part in schema.get("properties", {}).values():
                if isinstance(part, dict) and isinstance(part.get("description"), str):
                    assert part["description"] in json.dumps(tool, ensure_ascii=False), (name, maker)
