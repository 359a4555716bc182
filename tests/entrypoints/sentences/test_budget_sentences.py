"""Budgets in words."""

from datetime import UTC, datetime

import pytest

from domain.budgets.rule import Period
from domain.faults.causes import BudgetSpent, TooFast
from domain.faults.fault import Fault, FaultKind
from domain.turn.statuses import BudgetLow, CheaperModel
from entrypoints.sentences.budgets import amount_words
from entrypoints.sentences.faults import advice, happened
from entrypoints.sentences.statuses import is_last, status_words
from ports.budgets import Unit

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENDS = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        (125 * 10**9, Unit.USD, "$12.50"),
        (0, Unit.USD, "$0.00"),
        (42 * 10**6, Unit.USD, "$0.0042"),
        (2 * 10**13, Unit.USD, "$2,000.00"),
        (2_000_000, Unit.TOKENS, "2,000,000 tokens"),
        (1, Unit.REQUESTS, "1 request"),
        (0, Unit.REQUESTS, "0 requests"),
    ],
)
def test_amounts(amount, unit, words):
    assert amount_words(amount, unit) == words


def test_a_spent_budget_names_itself_its_limit_and_its_end():
    cause = BudgetSpent("Trial", Unit.USD, 20 * 10**10, Period.MONTH, ENDS)
    fault = Fault(FaultKind.BUDGET_SPENT, retry_after=1.0, cause=cause)
    assert happened(fault) == "The budget Trial ($20.00 a month) is spent."
    assert (
        advice(fault, now=NOW)
        == "It begins anew on 1 December, 00:00 UTC. Administrators set it in the setting BUDGETS."
    )


def test_a_person_who_is_too_fast_waits_seconds():
    fault = Fault(FaultKind.RATE_LIMITED, retry_after=40.0, cause=TooFast(Unit.REQUESTS, 5))
    assert happened(fault) == "You have used up the 5 requests that a person may use in a minute."
    assert advice(fault, now=NOW) == "Send the message again in 40 seconds."


@pytest.mark.parametrize("name", ["{when}", "*Trial*", "`Trial`", "<b>", "a\nb"])
def test_the_name_of_a_budget_is_no_markdown_and_no_placeholder(name):
    cause = BudgetSpent(name, Unit.TOKENS, 1, Period.DAY, ENDS)
    assert not set("{}*`<>\n") & set(happened(Fault(FaultKind.BUDGET_SPENT, cause=cause)))


def test_statuses():
    low = BudgetLow("Trial", Unit.USD, 16 * 10**10, 20 * 10**10, ENDS)
    assert status_words(low) == "Budget Trial: $16.00 of $20.00 spent; it begins anew on 1 December, 00:00 UTC."
    assert is_last(low)
    cheaper = CheaperModel("a/dear", "a/cheap", "Trial")
    assert status_words(cheaper) == "The budget Trial is spent for a/dear; a/cheap answers instead."
