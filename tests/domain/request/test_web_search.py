"""Upstream's web search is offered if the model can search and the host does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.request.body import Prepared, build
from domain.request.turn_request import Parameters, Thinking, Tooling, TurnRequest
from ports.catalog import Model
from ports.responses import Route

MODEL = Model("a/b", "B", supported_parameters=frozenset({"tools"}), web_search_price=Decimal("0.01"))
REQUEST = TurnRequest(
    "a/b",
    ({"role": "user", "content": "Why?"},),
    Route("https://a.example", "key"),
    tooling=Tooling(searches=3),
)
SEARCH = {"type": "openrouter:web_search", "parameters": {"max_uses": 5, "max_results": 3}}


def tools(request: TurnRequest = REQUEST, model: Model | None = MODEL) -> tuple[object, ...]:
    sent = build(request, "a/b", model)
    assert isinstance(sent, Prepared)
    return sent.request.body.tools


def test_search_is_offered_to_a_model_that_can_search() -> None:
    assert tools() == (SEARCH,)


def test_number_of_results_may_be_left_to_upstream() -> None:
    assert tools(replace(REQUEST, tooling=Tooling(searches=0))) == ({**SEARCH, "parameters": {"max_uses": 5}},)


@pytest.mark.parametrize(
    ("request_", "model"),
    [
        (replace(REQUEST, tooling=Tooling()), MODEL),
        (REQUEST, replace(MODEL, web_search_price=None)),
        (REQUEST, replace(MODEL, supported_parameters=frozenset({"temperature"}))),
        (REQUEST, None),
        (replace(REQUEST, thinking=Thinking(effort="minimal")), MODEL),
        (replace(REQUEST, parameters=Parameters(reasoning={"effort": "none"})), MODEL),
    ],
    ids=["off", "no search", "no tools", "unknown model", "minimal", "none"],
)
def test_search_is_not_offered_otherwise(request_: TurnRequest, model: Model | None) -> None:
    assert tools(request_, model) == ()
