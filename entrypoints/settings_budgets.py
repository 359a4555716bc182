"""Settings of what may be spent; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from entrypoints.settings_ledger import LedgerSettings
from entrypoints.settings_rows import Secret, setting

WithoutStore = Literal["allow", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings(LedgerSettings):
    """The rows of `settings.Settings` about budgets."""

    budgets: str = setting(
        "",
        "Budgets, as a YAML list: each entry has who (all, each, user:ID, group:NAME, members:NAME or key:ID), period "
        "(day, week or month), a hard or soft limit, and may have name, models and unit (usd, tokens or requests). The "
        "operator's guide has examples.",
    )
    budget_time_zone: str = setting(
        "UTC", "Time zone in which days, weeks and months of budgets begin, such as Europe/Berlin.", advanced=True
    )
    budget_fallback_model: str = setting(
        "",
        "Model that answers when a budget is spent for the requested one. It has to fit into the budgets itself, so it "
        "should be free, cheaper, or covered by none of them. A status line names it.",
        advanced=True,
    )
    budget_when_store_down: WithoutStore = setting(
        "allow",
        "What happens to messages while the database with the counters of budgets cannot be reached. allow: they are "
        "answered, and counted later; refuse: they are refused.",
        advanced=True,
    )
    spend_alert_webhook: Secret = setting(
        Secret(),
        "URL (https://...) that gets a JSON message when 80 and 100 percent of a budget are spent, once each per day, "
        "week or month. The message names the budget and amounts, no person and no chat.",
        advanced=True,
    )
    user_requests_per_minute: int = setting(
        0, "Requests that one person may send in a minute; 0: no limit.", low=0, high=1_000_000, advanced=True
    )
    user_tokens_per_minute: int = setting(
        0,
        "Tokens, of prompts and answers together, that one person may use in a minute; 0: no limit.",
        low=0,
        high=1_000_000_000,
        advanced=True,
    )
