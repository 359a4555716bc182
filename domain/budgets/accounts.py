"""The counters: one per rule, person or group, and window. Their names reveal nothing about their owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import sha256
from json import dumps

from domain.budgets.amounts import Amounts
from domain.budgets.rule import COUNTED_BY_PERSON, Payer, Rule, Scope, applies
from domain.budgets.windows import Window, window_of
from ports.budgets import Claim, Unit


@dataclass(frozen=True, slots=True)
class Due:
    """A rule that applies to a turn, with its counter and its window."""

    rule: Rule
    account: str
    window: Window

    def claim(self, amounts: Amounts) -> Claim:
        """Return what the turn takes of the counter. A free model never fails for a budget of money."""
        free = self.rule.unit is Unit.USD and amounts.exempt
        limit = None if free else self.rule.hard
        return Claim(self.account, self.rule.unit, amounts.of(self.rule.unit), self.window.ends, limit)


def dues_of(rules: Iterable[Rule], payer: Payer, slug: str, now: datetime, zone: tzinfo) -> tuple[Due, ...]:
    """Return the rules that apply to a person and a model now."""
    found = []
    for rule in rules:
        if applies(rule, payer, slug):
            window = window_of(rule.period, now, zone)
            found.append(Due(rule, account_of(rule, payer, window), window))
    return tuple(found)


def claims_of(dues: Iterable[Due], amounts: Amounts) -> tuple[Claim, ...]:
    """Return one claim per counter; rules with the same counter share it, and the lower limit counts."""
    claims: dict[str, Claim] = {}
    for due in dues:
        claim = due.claim(amounts)
        known = claims.get(due.account)
        if known is None or known.limit is None or (claim.limit is not None and claim.limit < known.limit):
            claims[due.account] = claim
    return tuple(claims.values())


def account_of(rule: Rule, payer: Payer, window: Window) -> str:
    """Return the name of a counter, at most 60 characters.

    It depends on what is counted, not on the rule's name, its limits or the time zone: when these change, what was
    spent stays counted.
    """
    person = payer.user_id if rule.scope in COUNTED_BY_PERSON else ""
    who = rule.who.lower() if rule.scope is Scope.USER else rule.who
    parts = (rule.scope.value, who, rule.models, rule.unit.value, person)
    named = sha256(dumps(parts).encode()).hexdigest()[:32]
    return f"{rule.period.value}:{window.name}:{named}"
