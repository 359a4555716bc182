"""Rules of budgets that operators keep in the store, beside those in the settings."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule by its name; `text` is written as in the settings, without the name: YAML or JSON, one mapping."""

    name: str
    text: str


@runtime_checkable
class BudgetRuleStore(Protocol):
    """Reads stored rules."""

    async def load(self, namespace: str, limit: int) -> tuple[StoredRule, ...]:
        """Return up to `limit` rules, ordered by name. Raises BudgetsUnavailable."""
        ...
