"""Budgets in words: what is spent, of how much, and when it begins anew."""

from decimal import ROUND_HALF_UP, Decimal

from domain.budgets.amounts import dollars_of
from domain.budgets.rule import Period
from domain.budgets.verdict import Alert
from domain.egress.lines import visible_line
from domain.faults.causes import BudgetSpent, TooFast
from domain.turn.statuses import BudgetLow
from entrypoints.sentences.times import moment_words
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary
from ports.budgets import Unit

_CENT = Decimal("0.01")
_PER = {
    Period.MINUTE: "{amount} a minute",
    Period.DAY: "{amount} a day",
    Period.WEEK: "{amount} a week",
    Period.MONTH: "{amount} a month",
}
_COUNTED = {Unit.TOKENS: ("1 token", "{number} tokens"), Unit.REQUESTS: ("1 request", "{number} requests")}
_SIGNS = str.maketrans("", "", "{}`*_[]<>#|$\\")
"""Signs that a name loses: rules have none of them, and a name must never be read as Markdown or as a placeholder."""


def quoted(name: str) -> str:
    """Return the name of a budget as sentences contain it: visible, on one line."""
    return visible_line(name.translate(_SIGNS))[:80]


def amount_words(amount: int, unit: Unit, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return an amount: `$12.50`, `2,000,000 tokens`, `1 request`. An amount below a cent has all its digits."""
    if unit is Unit.USD:
        dollars = dollars_of(amount)
        if dollars and dollars < _CENT:
            return vocabulary.decimal(f"${dollars.normalize():f}")
        whole, _, cents = f"{dollars.quantize(_CENT, ROUND_HALF_UP):f}".partition(".")
        return f"${vocabulary.thousands(int(whole))}{vocabulary.decimal('.')}{cents}"
    one, many = _COUNTED[unit]
    return vocabulary.say(one if amount == 1 else many, number=vocabulary.thousands(amount))


def budget_values(cause: BudgetSpent, vocabulary: Vocabulary = NEUTRAL) -> dict[str, str]:
    """Return the values of `fault_texts.BUDGET_TEXT`."""
    amount = amount_words(cause.limit, cause.unit, vocabulary)
    return {"budget": quoted(cause.name), "limit": vocabulary.say(_PER[cause.period], amount=amount)}


def pace_values(cause: TooFast, vocabulary: Vocabulary = NEUTRAL) -> dict[str, str]:
    """Return the values of `fault_texts.PACE_TEXT`."""
    return {"limit": amount_words(cause.limit, cause.unit, vocabulary)}


def low_line(status: BudgetLow, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return that a budget is nearly spent."""
    return vocabulary.say(
        "Budget {budget}: {spent} of {limit} spent; it begins anew {when}.",
        budget=quoted(status.budget),
        spent=amount_words(status.spent, status.unit, vocabulary),
        limit=amount_words(status.limit, status.unit, vocabulary),
        when=moment_words(status.ends, vocabulary=vocabulary),
    )


def alert_words(alert: Alert) -> str:
    """Return an alert as one sentence."""
    rule = alert.due.rule
    spent, limit = amount_words(alert.spent, rule.unit), amount_words(alert.limit, rule.unit)
    return f"Budget {quoted(rule.name)}: {alert.percent} percent are spent ({spent} of {limit})."
