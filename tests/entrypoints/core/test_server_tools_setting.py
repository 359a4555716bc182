"""Which tools upstream runs for whom: the operator's list, and the list of a model's row in its place."""

from dataclasses import replace
from typing import Any

import pytest

from domain.request.abilities import Ability
from domain.request.turn_request import Caller, Parameters
from entrypoints.core.caller_request import CallerRequest, CallerTools, request_of
from entrypoints.openai.completions_body import CompletionsBody
from entrypoints.settings import Settings
from entrypoints.settings_snapshot import snapshot

PAGE = CallerTools(offer_search=True, offer_server_tools=True, served=frozenset({Ability.TIME}))
SETTINGS = replace(Settings(), server_tools="web_fetch, datetime\nfusion")


def asked(named: tuple[Any, ...] | None = None, tools: CallerTools = PAGE) -> CallerRequest:
    return CallerRequest("a/b", caller=Caller.PAGE, parameters=Parameters(server_tools=named), tools=tools)


def test_the_page_gets_the_operators_list() -> None:
    request = request_of(asked(), SETTINGS)
    assert request.server_tools.listed == ("web_fetch", "datetime", "fusion")
    assert request.server_tools.served == {Ability.TIME}
    assert request.tooling.searches == 3


def test_nobody_else_gets_it() -> None:
    assert request_of(asked(tools=CallerTools()), SETTINGS).server_tools.listed == ()


@pytest.mark.parametrize("named", [(), ("datetime",), ({"type": "advisor", "parameters": {"model": "a/b"}},)])
def test_the_list_of_a_row_takes_its_place_and_that_of_the_search(named: tuple[Any, ...]) -> None:
    request = request_of(asked(named), SETTINGS)
    assert request.server_tools.listed == named
    assert request.tooling.searches is None


def test_the_default_lists_nothing() -> None:
    assert request_of(asked(), Settings()).server_tools.listed == ()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["web_fetch", {"type": "advisor"}], ("web_fetch", {"type": "advisor"})),
        ("web_fetch, datetime", ("web_fetch", "datetime")),
        ("none", ()),
        ([], ()),
        (None, None),
        (5, None),
    ],
)
def test_a_row_may_write_the_list_in_several_ways(given: Any, read: Any) -> None:
    body = CompletionsBody.model_validate({"model": "a/b", "messages": [{}], "server_tools": given})
    assert body.parameters().server_tools == read


def test_an_unknown_name_is_reported_by_name_and_the_others_are_used() -> None:
    settings, problems = snapshot({"SERVER_TOOLS": "web_fetch, bogus, mcp"}, None, {})
    assert settings.server_tools == "web_fetch"
    (problem,) = problems
    assert "'bogus', 'mcp'" in problem.text
    assert not problem.mended


def test_a_list_of_unknown_names_alone_is_reported_and_offers_nothing() -> None:
    settings, problems = snapshot({"SERVER_TOOLS": "bogus"}, None, {})
    assert settings.server_tools == ""
    assert "'bogus'" in problems[0].text


def test_known_names_are_used_as_they_are_written() -> None:
    settings, problems = snapshot({"SERVER_TOOLS": "openrouter:web_fetch,\nSearch_Models"}, None, {})
    assert (settings.server_tools, problems) == ("openrouter:web_fetch,\nSearch_Models", ())
