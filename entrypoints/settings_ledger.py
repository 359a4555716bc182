"""Settings of the ledger; `settings` holds the others."""
# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass

from domain.egress.pasted import pasted_key
from domain.limits import LEDGER_DAYS
from entrypoints.settings_records import RecordSettings
from entrypoints.settings_rows import Mend, Secret, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings(RecordSettings):
    """The rows of `settings.Settings` about the ledger."""

    enable_ledger: bool = setting(
        True,
        "Keep a ledger in the database: one row of tokens and cost per request to OpenRouter, without texts of chats. "
        "Each row is written before its request leaves, which takes about a millisecond.",
        advanced=True,
    )
    ledger_retention_days: int = setting(
        LEDGER_DAYS, "Days after which a row of the ledger is deleted.", low=31, high=3660, advanced=True
    )
    management_key: Secret = setting(
        Secret(),
        "Management key of the OpenRouter account, with which the ledger is compared each day with OpenRouter's own "
        "figures by model. It can create and delete API keys; without it, the comparison is coarser. If empty, "
        "the environment variable OPENROUTER_PIPE_MANAGEMENT_KEY is used.",
        env="OPENROUTER_PIPE_MANAGEMENT_KEY",
        mend=Mend(pasted_key, "has the word Bearer, quotes or blanks in it, which are no part of a key"),
        advanced=True,
    )
