"""What a turn will probably cost, and what balances mean."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets.accounts import dues_of
from domain.budgets.amounts import Amounts
from domain.budgets.estimate import KEPT, MODELS_KEPT, USUAL_OUTPUT, UsualOutputs, estimated
from domain.budgets.rule import Payer, Period, Rule, Scope
from domain.budgets.verdict import alerts_of, beyond_soft, refusing, spent_up
from ports.budgets import Balance, Change, Unit
from ports.catalog import Model, Prices

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PRICED = Model(
    "a/b", "B", max_completion_tokens=5_000, prompt_price=Decimal("0.000001"), completion_price=Decimal("0.00001")
)
RULE = Rule("Day", Scope.ALL, Period.DAY, Unit.TOKENS, hard=1_000, soft=500)
(DUE,) = dues_of([RULE], Payer(), "a/b", NOW, UTC)


def test_the_estimate_is_the_real_prompt_and_the_usual_output_at_the_listed_prices():
    amounts = estimated(PRICED, 2_000, 300, None, free=False)
    assert amounts == Amounts(Decimal("0.005"), 2_300, requests=1)


@pytest.mark.parametrize(("most", "tokens"), [(100, 2_100), (None, 7_000), (9_000, 7_000)])
def test_no_more_output_is_expected_than_the_request_and_the_model_allow(most, tokens):
    assert estimated(PRICED, 2_000, 60_000, most, free=False).tokens == tokens


def test_a_price_per_request_is_part_of_the_estimate():
    model = Model("a/b", "B", prompt_price=Decimal(0), completion_price=Decimal(0), prices=Prices(request=Decimal(2)))
    assert estimated(model, 1, 1, None, free=False).usd == Decimal(2)


@pytest.mark.parametrize("model", [None, Model("a/b", "B"), Model("a/b", "B", prompt_price=Decimal(1))])
def test_an_unknown_price_reserves_by_tokens_alone(model):
    amounts = estimated(model, 2_000, 300, None, free=False)
    assert (amounts.usd, amounts.of(Unit.USD), amounts.of(Unit.TOKENS)) == (None, 0, 2_300)


def test_the_usual_output_is_the_persons_median_then_the_models_then_a_fixed_one():
    outputs = UsualOutputs()
    assert outputs.usual("ann", "a/b") == USUAL_OUTPUT
    for tokens in (10, 20, 9_000):
        outputs.learn("ann", "a/b", tokens)
    assert (outputs.usual("ann", "a/b"), outputs.usual("bob", "a/b")) == (20, 20)
    outputs.learn("bob", "a/b", 500)
    assert (outputs.usual("ann", "a/b"), outputs.usual("bob", "a/b")) == (20, 500)


def test_only_the_latest_outputs_count():
    outputs = UsualOutputs()
    for tokens in (*[1] * 100, *[7] * KEPT):
        outputs.learn("ann", "a/b", tokens)
    assert outputs.usual("ann", "a/b") == 7


def test_what_is_remembered_is_bounded():
    outputs = UsualOutputs()
    outputs.learn("ann", "a/b", 5)
    for number in range(MODELS_KEPT):
        outputs.learn("bob", f"a/{number}", 7)
    assert outputs.usual("ann", "a/b") == USUAL_OUTPUT


def test_a_budget_refuses_what_does_not_fit_and_counts_what_running_turns_hold():
    balances = [Balance(DUE.account, 500, 400)]
    assert refusing([DUE], Amounts(tokens=100), balances) is None
    assert refusing([DUE], Amounts(tokens=101), balances) is DUE


def test_only_what_is_spent_makes_a_budget_spent_up():
    assert spent_up([DUE], Amounts(), [Balance(DUE.account, 999, 5_000)]) is None
    assert spent_up([DUE], Amounts(), [Balance(DUE.account, 1_000)]) is DUE


def test_the_soft_limit_is_reached_by_what_is_spent():
    assert beyond_soft([DUE], [Balance(DUE.account, 499, 400)]) is None
    assert beyond_soft([DUE], [Balance(DUE.account, 500)]) is DUE


@given(st.lists(st.integers(0, 400), max_size=20))
def test_each_threshold_alerts_once_however_spending_grows(steps):
    spent, percents = 0, []
    for step in steps:
        change = Change(DUE.account, spent, spent := spent + step)
        percents += [alert.percent for alert in alerts_of([DUE], [change])]
    assert percents == [percent for percent in (80, 100) if spent >= percent * 10]
