"""What a model supports and costs: the same answer for every caller."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.catalog.capabilities import capabilities
from domain.catalog.offer import Filter, Offer, objections_to
from domain.catalog.support import calls_tools, is_free, takes_tools
from domain.conversation.calls_as_text import takes_calls
from ports.catalog import Model

PLAIN = Model("maker/m", "M")
TAKES = replace(PLAIN, supported_parameters=frozenset({"tools", "tool_choice"}))
TAKES_NONE = replace(PLAIN, supported_parameters=frozenset({"temperature"}))
DRAWS = replace(PLAIN, output_modalities=frozenset({"image"}))


@pytest.mark.parametrize(
    ("model", "calls", "takes"),
    [(TAKES, True, True), (TAKES_NONE, False, False), (PLAIN, None, True), (DRAWS, False, False), (None, None, True)],
    ids=["lists tools", "lists others", "lists nothing", "only draws", "outside the catalog"],
)
def test_all_callers_get_the_same_answer_about_a_models_tools(model, calls, takes):
    assert (calls_tools(model), takes_tools(model), takes_calls("maker/m", model)) == (calls, takes, takes)
    if model is not None:
        assert capabilities(model).get("builtin_tools") is calls
        assert (not objections_to("maker/m", model, Offer(tools=Filter.ONLY))) is (calls is True)


@pytest.mark.parametrize(
    ("slug", "model", "free"),
    [
        ("maker/m", PLAIN, False),
        ("maker/m:free", PLAIN, True),
        ("maker/m:free", None, True),
        ("maker/m", replace(PLAIN, listed_prices=(Decimal(0),)), True),
        ("maker/m", replace(PLAIN, prompt_price=Decimal(0), listed_prices=(Decimal(0), Decimal("0.1"))), False),
        ("maker/m", replace(PLAIN, listed_prices=(Decimal(0), None)), False),
    ],
    ids=[
        "paid",
        "free variant",
        "outside the catalog",
        "all prices zero",
        "another price is not",
        "another price is variable",
    ],
)
def test_free_means_the_same_for_the_filter_and_for_retries(slug, model, free):
    assert is_free(slug, model) is free
    assert (not objections_to(slug, model, Offer(free=Filter.ONLY))) is free
