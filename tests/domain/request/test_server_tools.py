"""Tools that upstream runs are offered where a list names them, never beside the caller's own for the same purpose."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.request.abilities import ABILITIES, Ability
from domain.request.body import Prepared, build
from domain.request.server_tools import MOST_SEARCHES, parted_names
from domain.request.tool_types import SEARCH
from domain.request.turn_request import Caller, EndpointChoice, Parameters, ServerTools, Thinking, Tooling, TurnRequest
from ports.catalog import Model
from ports.responses import Endpoint, Route

MODEL = Model("a/b", "B", supported_parameters=frozenset({"tools"}))
REQUEST = TurnRequest(
    "a/b", ({"role": "user", "content": "Why?"},), Route("https://a.example", "key"), caller=Caller.PAGE
)


def prepared(*listed: Any, request: TurnRequest = REQUEST, model: Model | None = MODEL, **more: Any) -> Prepared:
    asked = replace(request, server_tools=replace(ServerTools(tuple(listed)), **more))
    sent = build(asked, "a/b", model)
    assert isinstance(sent, Prepared)
    return sent


def types(sent: Prepared) -> list[str]:
    return [str(tool["type"]) for tool in sent.request.body.tools]


def test_listed_tools_are_offered_in_their_order() -> None:
    sent = prepared("web_fetch", "openrouter:datetime", "code_interpreter", "shell")
    assert types(sent) == ["openrouter:web_fetch", "openrouter:datetime", "code_interpreter", "openrouter:shell"]
    assert sent.left_out == ()


def test_an_entry_may_have_options() -> None:
    entry = {"type": "openrouter:image_generation", "parameters": {"model": "openai/gpt-5-image", "quality": "low"}}
    assert prepared(entry).request.body.tools == (entry,)


def test_a_listed_search_has_our_limits_and_the_options_of_its_entry() -> None:
    assert prepared("web_search", results=3).request.body.tools == (
        {"type": SEARCH, "parameters": {"max_uses": MOST_SEARCHES, "max_results": 3}},
    )
    entry = {"type": "web_search", "parameters": {"engine": "exa", "max_uses": 1}}
    assert prepared(entry, results=3).request.body.tools == (
        {"type": SEARCH, "parameters": {"max_uses": 1, "max_results": 3, "engine": "exa"}},
    )


def test_a_search_is_offered_once_if_it_is_listed_and_offered_by_itself() -> None:
    searching = replace(MODEL, web_search_price=Decimal("0.01"))
    request = replace(REQUEST, tooling=Tooling(searches=4))
    sent = prepared("web_search", "datetime", request=request, model=searching, results=4)
    assert sorted(types(sent)) == ["openrouter:datetime", SEARCH]


@pytest.mark.parametrize("kind", sorted(ABILITIES))
def test_no_tool_stands_beside_the_callers_own(kind: str) -> None:
    entry = {"type": kind, "server_label": "m", "vector_store_ids": ["v"]}
    assert types(prepared(entry)) == [kind]
    sent = prepared(entry, served=frozenset({ABILITIES[kind]}))
    assert types(sent) == []
    assert len(sent.left_out) == 1


def test_other_tools_of_the_caller_are_in_nobodys_way() -> None:
    assert types(prepared("advisor", "fusion", "files", served=frozenset(Ability) - {Ability.FILES})) == [
        "openrouter:advisor",
        "openrouter:fusion",
        "openrouter:files",
    ]


@pytest.mark.parametrize("entry", ["bogus", "function", "local_shell", "mcp", "file_search", 7, None, {}, {"type": 1}])
def test_an_entry_that_upstream_does_not_run_is_named(entry: Any) -> None:
    sent = prepared(entry, "datetime")
    assert types(sent) == ["openrouter:datetime"]
    assert len(sent.left_out) == 1


def test_a_model_without_tools_gets_none() -> None:
    assert types(prepared("datetime", model=replace(MODEL, supported_parameters=frozenset({"temperature"})))) == []


def test_a_task_gets_none() -> None:
    assert types(prepared("datetime", request=replace(REQUEST, caller=Caller.TASK))) == []


def test_a_model_that_barely_thinks_is_offered_no_search() -> None:
    request = replace(REQUEST, thinking=Thinking(effort="minimal"))
    assert types(prepared("web_search", "datetime", request=request)) == ["openrouter:datetime"]


def test_a_tool_that_the_request_names_itself_keeps_its_own_options() -> None:
    own = {"type": "openrouter:datetime", "parameters": {"timezone": "Asia/Tokyo"}}
    request = replace(REQUEST, parameters=Parameters(extra_tools=(own,)))
    assert prepared("datetime", request=request).request.body.tools == (own,)


def test_through_chat_completions_only_its_tools_are_offered() -> None:
    request = replace(REQUEST, endpoints=EndpointChoice(default=Endpoint.CHAT))
    sent = prepared("datetime", "apply_patch", "code_interpreter", request=request)
    assert types(sent) == ["openrouter:datetime"]
    assert sent.left_out == ("tool 'openrouter:apply_patch'", "tool 'code_interpreter'")


def test_names_that_cannot_be_switched_on_are_told_apart() -> None:
    listed = ["web_fetch", "bogus", "web_fetch", "mcp", "Fusion"]
    assert parted_names(listed) == (("web_fetch", "Fusion"), ("bogus", "mcp"))


@pytest.mark.parametrize("entry", ['"headers": {"X-Room": "blue door"}', "plain words 4711", {"type": "blue door"}])
def test_an_entry_that_is_no_name_is_not_quoted(entry: Any) -> None:
    assert prepared(entry).left_out == ("server_tool '?'",)


@pytest.mark.parametrize(
    ("plugin", "tool"), [("web", "web_search"), ("web-fetch", "web_fetch"), ("fusion", "openrouter:fusion")]
)
def test_no_tool_is_offered_beside_the_plugin_that_does_its_work(plugin: str, tool: str) -> None:
    request = replace(REQUEST, parameters=Parameters(plugins=({"id": plugin},)))
    assert types(prepared(tool, "datetime", request=request)) == ["openrouter:datetime"]
    off = replace(REQUEST, parameters=Parameters(plugins=({"id": plugin, "enabled": False}, {"id": ["odd"]}, 7)))
    assert len(types(prepared(tool, "datetime", request=off))) == 2


def test_no_search_is_offered_by_itself_beside_the_plugin_that_searches() -> None:
    searching = replace(MODEL, web_search_price=Decimal("0.01"))
    request = replace(REQUEST, tooling=Tooling(searches=4), defaults={"plugins": [{"id": "web"}]})
    assert types(prepared(request=request, model=searching)) == []
