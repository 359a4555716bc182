"""The price of one call, from the best source there is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.usage.prices import Consumed, Price, price_of
from ports.catalog import Model, Prices
from ports.generations import GenerationRecord
from ports.ledger import CostSource
from ports.usage import Usage

RARE = Prices(Decimal("0.0000005"), Decimal("0.00000625"), Decimal("0.00003"), Decimal("0.001"), Decimal("0.002"))
PRICED = Model(
    "maker/model",
    "Model",
    prompt_price=Decimal("0.000005"),
    completion_price=Decimal("0.000025"),
    web_search_price=Decimal("0.01"),
)
RECORD = GenerationRecord("gen-1", cost=Decimal("0.7"), upstream_cost=Decimal("0.1"))
COUNTED = Usage(100, 20, 120)


def test_the_cost_in_the_answer_comes_first():
    usage = Usage(100, 20, 120, cost=Decimal("0.025706"))
    price = price_of(Consumed(usage, RECORD, PRICED))
    assert price == Price(Decimal("0.025706"), CostSource.UPSTREAM)


def test_a_cost_of_zero_is_a_cost():
    assert price_of(Consumed(Usage(1, cost=Decimal(0)), RECORD, PRICED)).source is CostSource.UPSTREAM


def test_the_record_comes_second():
    assert price_of(Consumed(COUNTED, RECORD, PRICED)) == Price(Decimal("0.7"), CostSource.RECORD, Decimal("0.1"))


def test_the_listed_prices_come_third():
    assert price_of(Consumed(COUNTED, None, PRICED)) == Price(Decimal("0.001"), CostSource.CATALOG)


def test_without_any_price_the_cost_is_unknown_and_marked():
    assert price_of(Consumed(COUNTED, None, Model("a/b", "B"))) == Price(None, CostSource.UNKNOWN)
    assert price_of(Consumed(COUNTED)) == Price(None, CostSource.UNKNOWN)


def test_every_kind_of_token_has_its_own_price():
    model = Model("a/b", "B", prompt_price=PRICED.prompt_price, completion_price=PRICED.completion_price, prices=RARE)
    usage = Usage(100, 20, 120, cached_tokens=30, cache_write_tokens=10, reasoning_tokens=5)
    parts = ("0.0003", "0.000015", "0.0000625", "0.000375", "0.00015", "0.002", "0.003")
    assert price_of(Consumed(usage, None, model, pictures=3)).cost == sum(map(Decimal, parts))


def test_searches_cost_extra():
    usage = Usage(100, 20, 120, server_tools=(("web_search_requests", 2), ("tool_calls_requested", 2)))
    assert price_of(Consumed(usage, None, PRICED)).cost == Decimal("0.021")


def test_a_part_without_a_price_makes_the_sum_unknown():
    model = Model("a/b", "B", prompt_price=Decimal("0.1"))
    assert price_of(Consumed(Usage(1, 1, 2), None, model)).source is CostSource.UNKNOWN
    assert price_of(Consumed(Usage(1, 0, 1), None, model)).cost == Decimal("0.1")


def test_a_call_without_usage_is_estimated_from_its_characters():
    price = price_of(Consumed(None, None, PRICED, sent_characters=4000, received_characters=400))
    assert price == Price(Decimal("0.0075"), CostSource.CATALOG)


@pytest.mark.parametrize("usage", [None, Usage()])
def test_a_call_of_unknown_size_is_never_free(usage):
    price = price_of(Consumed(usage, None, PRICED, sent_characters=4))
    assert (price.cost, price.is_exact) == (Decimal("0.000005"), False)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.decimals(0, 1, places=12), st.decimals(0, 1, places=12))
def test_prices_are_multiplied_without_rounding(into, out, prompt, completion):
    model = Model("a/b", "B", prompt_price=prompt, completion_price=completion)
    price = price_of(Consumed(Usage(into + 1, out, into + out + 1), None, model))
    assert price.cost is not None
    scaled = int(prompt * 10**12) * (into + 1) + int(completion * 10**12) * out
    assert price.cost * 10**12 == scaled
