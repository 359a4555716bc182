"""The table of tool types is complete: compared with the official SDK type by type and option by option."""

import datetime
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import pytest
from openrouter.components.responsesrequest import ResponsesRequestToolUnion
from pydantic import BaseModel

from domain.request.tool_specs import function_tools
from domain.request.tool_types import ONLY_RESPONSES, SEARCH, TOOL_TYPES, RunBy, goes_to_chat, names_of, written
from ports.json_values import JsonObject
from tests.oracle import sdk_judge
from tests.tables import each

SDK: dict[str, type[BaseModel]] = {
    get_args(alternative)[1].tag: get_args(alternative)[0]
    for alternative in get_args(get_args(ResponsesRequestToolUnion)[0])
}
PLAIN: dict[type, object] = {str: "text", int: 1, float: 0.5, bool: True, datetime.date: "2026-01-31"}
NEEDED: dict[str, dict[str, Any]] = {
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
    "custom": {"name": "c"},
    "namespace": {"name": "n", "description": "d", "tools": [{"type": "custom", "name": "c"}]},
    "file_search": {"vector_store_ids": ["v"]},
    "mcp": {"server_label": "m"},
    "computer_use_preview": {"display_height": 1, "display_width": 1, "environment": "mac"},
}
SERVER_SEARCHES = {kind for kind, known in TOOL_TYPES.items() if known.sent_as == SEARCH}


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if "is_unknown" not in annotation.model_fields:
            yield annotation
        return
    if hasattr(annotation, "__value__"):
        yield from models_in(annotation.__value__)
    for part in get_args(annotation):
        yield from models_in(part)


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def examples(annotation: Any) -> Iterator[Any]:
    """Yield values of every form that a field may have."""
    if annotation in PLAIN:
        yield PLAIN[annotation]
    elif annotation is NoneType or annotation is Any:
        return
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if "is_unknown" not in annotation.model_fields and annotation.model_fields:
            yield {name: next(examples(part)) for name, part in fields_of(annotation).items() if any(examples(part))}
    elif hasattr(annotation, "__value__"):
        yield from examples(annotation.__value__)
    elif get_origin(annotation) is Literal:
        yield from (value for value in get_args(annotation) if isinstance(value, str))
    elif get_origin(annotation) is list:
        yield from ([one] for one in examples(get_args(annotation)[0]))
    elif get_origin(annotation) is dict:
        yield {"key": "value"}
    else:
        literal = any(get_origin(part) is Literal for part in get_args(annotation))
        for part in get_args(annotation):
            if not (literal and (part is str or "Unrecognized" in str(part))):
                yield from examples(part)


def options_of(kind: str) -> dict[str, Any]:
    """The options of a type, whether they stand beside it or under `parameters`."""
    fields = fields_of(SDK[kind])
    fields.pop("type")
    nested = [model for model in models_in(fields.get("parameters")) if kind.startswith("openrouter:")]
    return fields_of(nested[0]) if nested else fields


CASES = [
    (kind, name, [{"type": "openrouter:datetime"}] if name == "tools" else value)
    for kind in SDK
    for name, annotation in options_of(kind).items()
    if name not in NEEDED.get(kind, {})
    for value in examples(annotation)
]


def test_every_type_of_the_sdk_is_in_the_table_and_no_other() -> None:
    assert set(TOOL_TYPES) == set(SDK)


@each(("kind", "name", "value"), CASES, ids=[f"{k}-{n}-{v!s:.20}" for k, n, v in CASES])
def test_every_option_of_a_type_is_sent_as_the_sdk_takes_it(kind: str, name: str, value: Any) -> None:
    tool = {"type": kind, **NEEDED.get(kind, {})}
    tool |= {"parameters": {name: value}} if kind.startswith("openrouter:") else {name: value}
    tools, left_out = function_tools([tool], "openai/gpt-5", None)
    assert left_out == ()
    assert sdk_judge.judge({"model": "m", "input": "x", "tools": [dict(one) for one in tools]}, None) == []
    (sent,) = tools
    holder = sent if name in sent else sent.get("parameters", {})
    if kind in SERVER_SEARCHES and name == "filters":
        assert holder.keys() & {"allowed_domains", "excluded_domains"}
    else:
        assert name in holder


@pytest.mark.parametrize("kind", sorted(set(SDK) - {"function", "custom", "namespace"}))
def test_options_that_are_nonsense_are_named_and_left_out(kind: str) -> None:
    odd = dict.fromkeys(options_of(kind), ["\0"] * 3 + [object()]) | NEEDED.get(kind, {})
    tool = {"type": kind, **odd, "who": 1}
    sent = written(tool)
    assert sent is not None or TOOL_TYPES[kind].required
    tools, left_out = function_tools([tool], "openai/gpt-5", None)
    assert left_out
    assert sdk_judge.judge({"model": "m", "input": "x", "tools": [dict(one) for one in tools]}, None) == []


@pytest.mark.parametrize("kind", sorted(SERVER_SEARCHES))
def test_older_spellings_of_web_search_become_the_tool_of_today(kind: str) -> None:
    tool = {
        "type": kind,
        "search_context_size": "low",
        "filters": {"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]},
        "user_location": {"type": "approximate", "country": "AU"},
    }
    assert written(tool) == {
        "type": SEARCH,
        "parameters": {
            "search_context_size": "low",
            "user_location": {"type": "approximate", "country": "AU"},
            "allowed_domains": ["a.example"],
        },
    }


def test_a_search_excludes_domains_if_it_allows_none() -> None:
    sent = written({"type": "web_search", "filters": {"blocked_domains": ["b.example"]}})
    assert sent == {"type": SEARCH, "parameters": {"excluded_domains": ["b.example"]}}


def test_a_fusion_without_tools_stays_without_tools() -> None:
    sent = written({"type": "openrouter:fusion", "parameters": {"tools": []}})
    assert sent == {"type": "openrouter:fusion", "parameters": {"tools": []}}


def test_a_panel_gets_neither_panels_nor_unknown_tools() -> None:
    inner = [{"type": "openrouter:fusion"}, {"type": "bogus"}, {"type": "openrouter:web_fetch"}, 3]
    sent = written({"type": "openrouter:fusion", "parameters": {"tools": inner}})
    assert sent == {"type": "openrouter:fusion", "parameters": {"tools": [{"type": "openrouter:web_fetch"}]}}


@pytest.mark.parametrize("tool", [{}, {"type": None}, {"type": ["x"]}, {"type": "openrouter:new"}, {"type": "mcp"}])
def test_a_tool_that_is_none_is_named(tool: dict[str, Any]) -> None:
    tools, left_out = function_tools([tool], "a/b", None)
    assert (tools, len(left_out)) == ((), 1)


def test_names_stand_with_or_without_their_prefix() -> None:
    assert names_of("openrouter:Web_Fetch") == names_of(" web_fetch ") == ("openrouter:web_fetch",)
    assert names_of("search_models") == ("openrouter:experimental__search_models",)
    assert names_of("shell") == ("openrouter:shell", "shell")
    assert names_of("memory") == ()


def test_chat_completions_takes_functions_and_openrouters_own_tools_alone() -> None:
    taken = {kind for kind in SDK if goes_to_chat({"type": kind})}
    assert taken == {"function"} | {kind for kind in SDK if kind.startswith("openrouter:")} - ONLY_RESPONSES


def test_several_advisors_and_servers_may_be_offered() -> None:
    tools: list[JsonObject] = [
        {"type": "openrouter:advisor", "parameters": {"name": "one"}},
        {"type": "openrouter:advisor", "parameters": {"name": "two"}},
        {"type": "mcp", "server_label": "a", "server_url": "https://a.example"},
        {"type": "mcp", "server_label": "b", "server_url": "https://b.example"},
    ]
    assert len(function_tools(tools, "a/b", None)[0]) == 4


def test_custom_tools_of_chat_completions_become_flat() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: X"}}
    nested = {"type": "custom", "custom": {"name": "my tool", "description": "D", "format": grammar}}
    ((sent,), left_out) = function_tools([nested], "a/b", None)
    assert sent["format"] == {"type": "grammar", "syntax": "lark", "definition": "start: X"}
    assert (sent["name"][:7], sent["description"], left_out) == ("my_tool", "D", ())


def test_a_namespace_keeps_what_can_be_sent_of_it() -> None:
    inner = [
        {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}},
        {"type": "custom", "custom": {"name": "sql"}},
        {"type": "shell"},
        7,
    ]
    ((sent,), left_out) = function_tools([{"type": "namespace", "name": "crm", "tools": inner}], "a/b", None)
    assert [one["name"] for one in sent["tools"]] == ["find", "sql"]
    assert sent["description"] == "crm"
    assert len(left_out) == 2


def test_fields_of_functions_go_along_and_those_of_the_wrong_type_are_named() -> None:
    function = {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
        "async": True,
        "defer_loading": "yes",
        "allowed_callers": ["direct", "nobody"],
        "output_schema": {"type": "object"},
    }
    ((sent,), left_out) = function_tools([function], "a/b", None)
    assert (sent["async"], sent["allowed_callers"], sent["output_schema"]) == (True, ["direct"], {"type": "object"})
    assert left_out == ("tool 'f': defer_loading",)


def test_the_caller_runs_what_the_table_says() -> None:
    theirs = {kind for kind, known in TOOL_TYPES.items() if known.run_by is RunBy.CALLER}
    native = {"local_shell", "shell", "apply_patch", "computer_use_preview"}
    assert theirs == {"function", "custom", "namespace"} | native


def test_a_search_of_posts_that_names_handles_both_ways_keeps_those_it_allows() -> None:
    posts = {"allowed_x_handles": ["a"], "excluded_x_handles": ["b"]}
    tool = written({"type": "openrouter:web_search", "parameters": {"x_search": posts}})

    assert tool == {"type": "openrouter:web_search", "parameters": {"x_search": {"allowed_x_handles": ["a"]}}}
