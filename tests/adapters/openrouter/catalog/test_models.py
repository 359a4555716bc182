"""Entries of the model list, with all their irregularities."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.catalog.models import read_model
from ports.catalog import Prices

ENTRY = {
    "id": "a/b:free",
    "name": "A: B",
    "created": 1786017600,
    "context_length": 1_000_000,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    "pricing": {
        "prompt": "0.0000005",
        "completion": "0.000003",
        "discount": 0.1,
        "overrides": [{"min_prompt_tokens": 1, "prompt": "1"}],
    },
    "top_provider": {"context_length": 200_000, "max_completion_tokens": 128_000},
    "supported_parameters": ["tools", "reasoning"],
    "reasoning": {"mandatory": True, "supported_efforts": ["high", "low"]},
}


def test_a_full_entry_is_read():
    model = read_model(ENTRY)
    assert (model.id, model.name, model.created) == ("a/b:free", "A: B", 1786017600)
    assert (model.context_length, model.max_completion_tokens) == (200_000, 128_000)
    assert (model.prompt_price, model.completion_price) == (Decimal("0.0000005"), Decimal("0.000003"))
    assert model.input_modalities == {"text", "image"}
    assert model.supported_parameters == {"tools", "reasoning"}
    assert (model.reasoning.mandatory, model.reasoning.efforts) == (True, ("high", "low"))
    assert model.reasoning.takes_effort


def test_an_entry_with_only_an_id_is_read():
    model = read_model({"id": "a/b"})
    assert (model.name, model.context_length, model.prompt_price, model.reasoning) == ("a/b", None, None, None)


@pytest.mark.parametrize("price", ["-1", -1, None, "x", "", [], {"prompt": 1}, True, float("nan")])
def test_a_price_that_is_variable_or_unreadable_is_unknown(price):
    assert read_model({**ENTRY, "pricing": {"prompt": price}}).prompt_price is None


def test_a_price_of_zero_is_known():
    assert read_model({**ENTRY, "pricing": {"prompt": "0"}}).prompt_price == 0


@pytest.mark.parametrize(
    ("architecture", "outputs"),
    [
        ({"output_modalities": ["text", "image"]}, {"text", "image"}),
        ({"output_modalities": []}, set()),
        ({"modality": "text+image->text"}, {"text"}),
        ({"modality": "text->embeddings"}, {"embeddings"}),
        ({"modality": None}, set()),
        (None, set()),
        ("text", set()),
    ],
)
def test_output_modalities_are_read_from_either_form(architecture, outputs):
    assert read_model({**ENTRY, "architecture": architecture}).output_modalities == outputs


@pytest.mark.parametrize(
    ("ceiling", "per_request", "limit"), [(5, None, 5), (None, 7, 7), (9, 7, 7), (5, 7, 5), (None, None, None)]
)
def test_the_smaller_output_limit_is_used(ceiling, per_request, limit):
    limits = {"completion_tokens": per_request} if per_request else None
    entry = {**ENTRY, "top_provider": {"max_completion_tokens": ceiling}, "per_request_limits": limits}
    assert read_model(entry).max_completion_tokens == limit


@pytest.mark.parametrize(
    "slug", [None, "", "  ", 7, [], "x" * 1000, "a/b\x00", "a/\ud800b", "a/b\r\nc", "a/\u202eb", "a/\x1b[31mb"]
)
def test_an_entry_without_a_usable_id_is_left_out(slug):
    assert read_model({**ENTRY, "id": slug}) is None


@pytest.mark.parametrize(
    ("described", "takes_effort", "efforts"),
    [
        ({"supported_efforts": None}, True, None),
        ({"supported_efforts": ["high"]}, True, ("high",)),
        ({"supported_efforts": []}, False, ()),
        ({"supported_efforts": "high"}, False, None),
        ({}, False, None),
    ],
)
def test_a_missing_list_of_efforts_means_no_choice_and_null_means_all(described, takes_effort, efforts):
    reasoning = read_model({**ENTRY, "reasoning": described}).reasoning
    assert (reasoning.takes_effort, reasoning.efforts) == (takes_effort, efforts)


@pytest.mark.parametrize(
    ("pricing", "listed"),
    [
        ({"prompt": "0", "completion": "0"}, (Decimal(0),)),
        ({"prompt": "0", "completion": "0.1", "image": "0.1"}, (Decimal(0), Decimal("0.1"))),
        ({"prompt": "-1", "completion": "-1", "request": "odd"}, (None,)),
        ({"prompt": "0", "discount": "0.5", "overrides": [1]}, (Decimal(0),)),
        ({}, ()),
    ],
)
def test_all_listed_prices_are_reported_once(pricing, listed):
    assert read_model({**ENTRY, "pricing": pricing}).listed_prices == listed


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ENTRY, "prompt"]), inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(ENTRY)), JSON, max_size=8))
def test_no_entry_raises(entry):
    read_model({"id": "a/b", **entry})


def test_the_rarer_prices_are_read_and_a_variable_one_is_unknown():
    pricing = {
        "prompt": "0.1",
        "input_cache_read": "0.01",
        "input_cache_write": "-1",
        "internal_reasoning": 0.2,
        "image": "much",
        "request": "0.003",
    }
    prices = read_model({**ENTRY, "pricing": pricing}).prices
    assert prices == Prices(cache_read=Decimal("0.01"), reasoning=Decimal("0.2"), request=Decimal("0.003"))
