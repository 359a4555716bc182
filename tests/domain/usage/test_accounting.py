"""Sums and estimates of the cost of calls."""

from decimal import Decimal

import pytest

from domain.usage.accounting import add, estimate
from ports.catalog import Model
from ports.usage import Usage

PRICED = Model("maker/model", "Model", prompt_price=Decimal("0.000004"), completion_price=Decimal("0.00002"))


def test_usage_is_summed_field_by_field():
    one = Usage(1, 2, 3, 4, 5, 6, Decimal("0.1"), Decimal("0.2"), False)
    other = Usage(10, 20, 30, 40, 50, 60, Decimal("0.2"), Decimal("0.3"), True)
    assert add(one, other) == Usage(11, 22, 33, 44, 55, 66, Decimal("0.3"), Decimal("0.5"), True, (), 10, 20)


@pytest.mark.parametrize(
    ("one", "other", "cost"), [(None, None, None), (None, Decimal(1), Decimal(1)), (Decimal(1), None, Decimal(1))]
)
def test_sum_is_unknown_only_if_both_costs_are(one, other, cost):
    assert add(Usage(cost=one), Usage(cost=other)).cost == cost


def test_money_is_added_without_rounding():
    total = Usage(cost=Decimal(10**10))
    for _ in range(10):
        total = add(total, Usage(cost=Decimal("1E-30")))
    assert total.cost == Decimal("10000000000.00000000000000000000000000001")


def test_cost_of_an_interrupted_call_is_estimated_from_its_characters():
    assert estimate(PRICED, sent_characters=4000, received_characters=400) == Decimal("0.006")


@pytest.mark.parametrize("model", [None, Model("maker/router", "Router")])
def test_cost_is_not_estimated_without_prices(model):
    assert estimate(model, sent_characters=1, received_characters=1) is None


def test_the_parts_of_the_price_are_added_by_their_names():
    one = Usage(cost_details=(("a", Decimal(1)), ("b", Decimal(2))))
    other = Usage(cost_details=(("b", Decimal(3)), ("c", Decimal(4))))
    assert dict(add(one, other).cost_details) == {"a": 1, "b": 5, "c": 4}
    assert add(one, Usage()).cost_details == one.cost_details


def test_the_work_of_server_tools_is_added_by_its_names():
    one, other = Usage(server_tools=(("a", 1), ("b", 2))), Usage(server_tools=(("b", 3),))
    assert dict(add(one, other).server_tools) == {"a": 1, "b": 5}
    assert add(one, Usage()).server_tools == one.server_tools


def test_the_tokens_of_the_latest_call_are_known_beside_the_sums():
    one, two, three = Usage(100, 10, 110), Usage(200, 20, 220), Usage(300, 30, 330)
    total = add(add(one, two), three)
    assert (total.input_tokens, total.output_tokens, total.total_tokens) == (600, 60, 660)
    assert (total.prompt_tokens, total.completion_tokens) == (300, 30)
    assert (add(one, add(two, three)).prompt_tokens, one.prompt_tokens) == (300, 100)
