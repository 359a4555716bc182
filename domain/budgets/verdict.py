"""What balances mean: which budget refuses a turn, which one the person should know of, which alerts are due."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.budgets.accounts import Due
from domain.budgets.amounts import Amounts
from ports.budgets import Balance, Change

ALERTS = (80, 100)
"""Percent of a hard limit at which operators are alerted."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A budget of which `percent` of the hard limit is spent now; `spent` and `limit` are in its whole numbers."""

    due: Due
    percent: int
    spent: int
    limit: int


def refusing(dues: Iterable[Due], amounts: Amounts, balances: Iterable[Balance]) -> Due | None:
    """Return the budget that refuses a turn; of several, the one that keeps refusing the longest."""
    known = _by_account(balances)
    full = [due for due in dues if not known[due.account].admits(due.claim(amounts))]
    return max(full, key=lambda due: due.window.ends, default=None)


def spent_up(dues: Iterable[Due], amounts: Amounts, balances: Iterable[Balance]) -> Due | None:
    """Return the budget that is spent already, whatever the turn costs and whatever running turns hold."""
    settled = (Balance(balance.account, balance.spent) for balance in balances)
    return refusing(dues, Amounts(exempt=amounts.exempt), settled)


def beyond_soft(dues: Iterable[Due], balances: Iterable[Balance]) -> Due | None:
    """Return the budget whose soft limit is reached; of several, the one with the largest share of it spent."""
    known = _by_account(balances)
    over = [due for due in dues if due.rule.soft is not None and known[due.account].spent >= due.rule.soft]
    return max(over, key=lambda due: known[due.account].spent / max(1, due.rule.soft or 0), default=None)


def alerts_of(dues: Iterable[Due], changes: Iterable[Change]) -> tuple[Alert, ...]:
    """Return the alerts that changes caused: each threshold is crossed by one change only."""
    by_account = {change.account: change for change in changes}
    found = []
    for due in dues:
        change, hard = by_account.get(due.account), due.rule.hard
        if change is None or not hard or due.rule.is_rate:
            continue
        crossed = [percent for percent in ALERTS if change.before * 100 < percent * hard <= change.after * 100]
        found += [Alert(due, percent, change.after, hard) for percent in crossed]
    return tuple(found)


def _by_account(balances: Iterable[Balance]) -> Mapping[str, Balance]:
    return {balance.account: balance for balance in balances}
