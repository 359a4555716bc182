"""Which rules apply to a turn, and which counters they have."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.budgets.accounts import claims_of, dues_of
from domain.budgets.amounts import Amounts, dollars_of, whole
from domain.budgets.rule import Payer, Period, Rule, Scope
from ports.budgets import Unit

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANN = Payer("ann-id", "Ann@Example.org", frozenset({"Sales"}))
BOB = Payer("bob-id", "bob@example.org", frozenset({"Sales", "Staff"}))
MONTHLY = Rule("Monthly", Scope.EACH, Period.MONTH, hard=whole(Decimal(20)))


def accounts(rule: Rule, payer: Payer, slug: str = "openai/gpt-5") -> list[str]:
    return [due.account for due in dues_of([rule], payer, slug, NOW, UTC)]


@pytest.mark.parametrize(
    ("scope", "who", "ann", "bob", "shared"),
    [
        (Scope.ALL, "", True, True, True),
        (Scope.EACH, "", True, True, False),
        (Scope.USER, "ann-id", True, False, False),
        (Scope.USER, "ann@example.ORG", True, False, False),
        (Scope.GROUP, "Sales", True, True, True),
        (Scope.MEMBERS, "Sales", True, True, False),
        (Scope.GROUP, "Staff", False, True, False),
        (Scope.USER, "nobody", False, False, False),
    ],
)
def test_a_rule_applies_to_whom_it_names(scope, who, ann, bob, shared):
    rule = replace(MONTHLY, scope=scope, who=who)
    assert (bool(accounts(rule, ANN)), bool(accounts(rule, BOB))) == (ann, bob)
    assert (ann and bob and accounts(rule, ANN) == accounts(rule, BOB)) == shared


def test_a_rule_for_some_models_does_not_count_the_others():
    rule = replace(MONTHLY, models="openai/*, anthropic/claude-opus-5")
    assert accounts(rule, ANN)
    assert accounts(rule, ANN, "anthropic/claude-opus-5")
    assert not accounts(rule, ANN, "google/gemini-3")


def test_a_changed_limit_or_name_keeps_what_was_spent_and_a_changed_scope_does_not():
    assert accounts(replace(MONTHLY, hard=1, soft=2, name="Other"), ANN) == accounts(MONTHLY, ANN)
    others = [replace(MONTHLY, unit=Unit.TOKENS), replace(MONTHLY, models="a/*"), replace(MONTHLY, period=Period.DAY)]
    assert len({*accounts(MONTHLY, ANN), *(accounts(rule, ANN, "a/b")[0] for rule in others)}) == 4


def test_a_counter_names_nobody():
    rule = replace(MONTHLY, scope=Scope.MEMBERS, who="Sales")
    assert not any(word in accounts(rule, ANN)[0] for word in ("ann", "Sales"))


def test_rules_that_overlap_share_a_counter_and_the_lower_limit_counts():
    rules = [replace(MONTHLY, hard=50), replace(MONTHLY, hard=None, soft=1), replace(MONTHLY, hard=30)]
    (claim,) = claims_of(dues_of(rules, ANN, "a/b", NOW, UTC), Amounts(Decimal(1), 10, 1))
    assert (claim.limit, claim.amount) == (30, whole(Decimal(1)))


def test_a_free_model_never_fails_for_money_and_still_counts_tokens():
    rules = [MONTHLY, replace(MONTHLY, unit=Unit.TOKENS, hard=100)]
    money, tokens = claims_of(dues_of(rules, ANN, "a/b:free", NOW, UTC), Amounts(Decimal(0), 10, 1, exempt=True))
    assert (money.limit, money.amount, tokens.limit, tokens.amount) == (None, 0, 100, 10)


@pytest.mark.parametrize(
    ("usd", "amount"),
    [("1", 10**10), ("0.00000000001", 1), ("-1", 0), ("0", 0), ("NaN", 0), ("1e999", 10**17), ("Infinity", 0)],
)
def test_dollars_are_counted_in_whole_numbers_rounded_up(usd, amount):
    assert whole(Decimal(usd)) == amount


def test_dollars_come_back():
    assert dollars_of(whole(Decimal("0.0042"))) == Decimal("0.0042")


@pytest.mark.parametrize("slug", ["openai/gpt-5", "openai/gpt-5:nitro", "openai/gpt-5:online", "openai/gpt-5@preset/x"])
def test_a_rule_for_a_model_counts_its_variants_and_presets_on_the_same_counter(slug):
    rule = replace(MONTHLY, models="openai/gpt-5")
    assert accounts(rule, ANN, slug) == accounts(rule, ANN)


def test_a_rule_for_a_variant_counts_that_variant_alone():
    rule = replace(MONTHLY, models="openai/gpt-5:online")
    assert accounts(rule, ANN, "openai/gpt-5:online")
    assert not accounts(rule, ANN)


@pytest.mark.parametrize(("models", "slug"), [("OpenAI/*", "openai/gpt-5"), ("openai/gpt-5", "OpenAI/GPT-5:Nitro")])
def test_names_of_models_are_compared_without_case(models, slug):
    assert accounts(replace(MONTHLY, models=models), ANN, slug)


def test_a_free_variant_does_not_count_for_the_model_it_is_one_of():
    assert not accounts(replace(MONTHLY, models="openai/gpt-5"), ANN, "openai/gpt-5:free")
    assert accounts(replace(MONTHLY, models="openai/*"), ANN, "openai/gpt-5:free")


@pytest.mark.parametrize("period", [Period.DAY, Period.WEEK, Period.MONTH])
def test_another_time_zone_keeps_what_was_spent_today(period):
    rule = replace(MONTHLY, period=period)
    names = {
        due.account for zone in ("UTC", "Europe/Berlin") for due in dues_of([rule], ANN, "a/b", NOW, ZoneInfo(zone))
    }
    assert len(names) == 1
