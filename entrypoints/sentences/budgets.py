"""Budgets in words: what is spent, of how much, and when it begins anew."""

from decimal import ROUND_HALF_UP, Decimal

from domain.budgets.amounts import dollars_of
from domain.budgets.rule import Period
from domain.budgets.verdict import Alert
from domain.faults.causes import BudgetSpent, TooFast
from domain.turn.statuses import BudgetLow
from entrypoints.sentences.fault_texts import FaultText
from entrypoints.sentences.times import moment_words
from ports.budgets import Unit

_CENT = Decimal("0.01")
_PER = {Period.MINUTE: "a minute", Period.DAY: "a day", Period.WEEK: "a week", Period.MONTH: "a month"}
_SIGNS = str.maketrans("", "", "{}`*_[]<>#|$\\\r\n")
"""Signs that a name loses: rules have none of them, and a name must never be read as Markdown or as a placeholder."""


def quoted(name: str) -> str:
    """Return the name of a budget as sentences contain it."""
    return name.translate(_SIGNS)[:80]


def amount_words(amount: int, unit: Unit) -> str:
    """Return an amount: `$12.50`, `2,000,000 tokens`, `1 request`. An amount below a cent has all its digits."""
    if unit is Unit.USD:
        dollars = dollars_of(amount)
        shown = dollars.quantize(_CENT, ROUND_HALF_UP) if dollars >= _CENT or not dollars else dollars.normalize()
        return f"${shown:,f}"
    word = unit.value if amount != 1 else unit.value.removesuffix("s")
    return f"{amount:,} {word}"


def budget_text(cause: BudgetSpent) -> FaultText:
    """Return what happened and what to do when a budget is spent."""
    limit = f"{amount_words(cause.limit, cause.unit)} {_PER[cause.period]}"
    return FaultText(
        f"The budget {quoted(cause.name)} ({limit}) is spent.",
        "Ask an administrator about {budgets}.",
        "It begins anew {when}. Administrators set it in {budgets}.",
    )


def pace_text(cause: TooFast) -> FaultText:
    """Return what happened and what to do when a person is too fast."""
    return FaultText(
        f"You have used up the {amount_words(cause.limit, cause.unit)} that a person may use in a minute.",
        "Wait a minute and send the message again.",
        "Send the message again {when}.",
    )


def low_line(status: BudgetLow) -> str:
    """Return that a budget is nearly spent."""
    spent, limit = amount_words(status.spent, status.unit), amount_words(status.limit, status.unit)
    return f"Budget {quoted(status.budget)}: {spent} of {limit} spent; it begins anew {moment_words(status.ends)}."


def alert_words(alert: Alert) -> str:
    """Return an alert as one sentence."""
    rule = alert.due.rule
    spent, limit = amount_words(alert.spent, rule.unit), amount_words(alert.limit, rule.unit)
    return f"Budget {quoted(rule.name)}: {alert.percent} percent are spent ({spent} of {limit})."
