"""Settings of the ledger; `settings` holds the others."""

from dataclasses import dataclass

from domain.limits import LEDGER_DAYS
from entrypoints.settings_records import RecordSettings
from entrypoints.settings_rows import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings(RecordSettings):
    """The rows of `settings.Settings` about the ledger."""

    enable_ledger: bool = setting(
        True,
        "Keep a ledger in the database: one row of tokens and cost per request to OpenRouter, without texts of chats. "
        "Each row is written before its request leaves, which takes some milliseconds.",
        advanced=True,
    )
    ledger_retention_days: int = setting(
        LEDGER_DAYS, "Days after which a row of the ledger is deleted.", low=31, high=3660, advanced=True
    )
