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
    assert add(one, other) == Usage(11, 22, 33, 44, 55, 66, Decimal("0.3"), Decimal("0.5"), True)


@pytest.mark.parametrize(
    ("one", "other", "cost"), [(None, None, None), (None, Decimal(1), Decimal(1)), (Decimal(1), None, Decimal(1))]
)
def test_sum_is_unknown_only_if_both_costs_are(one, other, cost):
    assert add(Usage(cost=one), Usage(cost=other)).cost == cost


def test_money_is_added_without_rounding():
    total = Usage(cost=Decimal(0))
    for _ in range(10):
        total = add(total, Usage(cost=Decimal("0.1")))
    assert total.cost == Decimal("1.0")


def test_cost_of_an_interrupted_call_is_estimated_from_its_characters():
    assert estimate(PRICED, sent_characters=4000, received_characters=400) == Decimal("0.006")


@pytest.mark.parametrize("model", [None, Model("maker/router", "Router")])
def test_cost_is_not_estimated_without_prices(model):
    assert estimate(model, sent_characters=1, received_characters=1) is None
