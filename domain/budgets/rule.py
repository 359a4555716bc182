"""The rule of one budget: who may spend how much on which models in which window of time."""

from dataclasses import dataclass
from enum import Enum

from domain.catalog.offer import base_of
from domain.catalog.selection import is_selected
from domain.catalog.support import FREE
from ports.budgets import Unit


class Scope(Enum):
    """Whose spending one counter of the rule adds up.

    ALL: that of everybody together. EACH: of every person for themselves. USER: of one person. GROUP: of all members of
    a group together. MEMBERS: of every member of a group for themselves. KEY: of all whom one API key pays for.
    """

    ALL = "all"
    EACH = "each"
    USER = "user"
    GROUP = "group"
    MEMBERS = "members"
    KEY = "key"


class Period(Enum):
    """How long a counter counts before it starts again at 0. Weeks begin on Monday."""

    MINUTE = "minute"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


GROUPED = frozenset({Scope.GROUP, Scope.MEMBERS})
COUNTED_BY_PERSON = frozenset({Scope.EACH, Scope.MEMBERS})


@dataclass(frozen=True, slots=True)
class Rule:
    """One budget. `who`: the id or e-mail address of a USER, the name of a group, the ledger's id of a KEY, else empty.

    `models`: names or patterns, empty for all. `hard`: never reserved beyond it; `soft`: the person is warned from then
    on; both in whole numbers of the unit (`ports/budgets`), None for no such limit.
    """

    name: str
    scope: Scope
    period: Period
    unit: Unit = Unit.USD
    who: str = ""
    models: str = ""
    hard: int | None = None
    soft: int | None = None

    @property
    def is_rate(self) -> bool:
        """Return whether the rule limits the pace rather than the amount."""
        return self.period is Period.MINUTE


@dataclass(frozen=True, slots=True)
class Payer:
    """The person of a turn and the key that pays for it, as rules may name them; everything may be empty."""

    user_id: str = ""
    email: str = ""
    groups: frozenset[str] = frozenset()
    key_id: str = ""


def rules_for(rules: tuple[Rule, ...], *, own_key: bool) -> tuple[Rule, ...]:
    """Return the rules for a turn: what a person's own key pays is nobody else's money."""
    return tuple(rule for rule in rules if rule.unit is not Unit.USD) if own_key else rules


def applies(rule: Rule, payer: Payer, slug: str) -> bool:
    """Return whether what a person spends on a model counts for a rule.

    A rule that names a model counts its variants and presets too, in whatever case: the same model under another name
    would escape the limit. A free variant is a model of its own.
    """
    return _names(rule, payer) and (not rule.models or _covers(rule.models.lower(), slug.lower()))


def _covers(models: str, slug: str) -> bool:
    names = (slug,) if slug.endswith(FREE) else (slug, base_of(slug))
    return any(is_selected(name, models) for name in names)


def _names(rule: Rule, payer: Payer) -> bool:
    if rule.scope is Scope.USER:
        return rule.who == payer.user_id or (bool(payer.email) and rule.who.lower() == payer.email.lower())
    if rule.scope is Scope.KEY:
        return rule.who == payer.key_id
    return rule.who in payer.groups if rule.scope in GROUPED else True
