"""Settings of what is recorded about requests; `settings` holds the others."""

from dataclasses import dataclass

from domain.limits import LEDGER_DAYS
from entrypoints.settings_files import FileSettings
from entrypoints.settings_rows import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings(FileSettings):
    """The rows of `settings.Settings` about records."""

    enable_timing_log: bool = setting(
        False,
        "Write a file that says where the time of each request goes, one JSON line per station. It contains no texts "
        "of chats.",
        advanced=True,
    )
    timing_log_file: str = setting(
        "logs/timing.jsonl",
        "The file of ENABLE_TIMING_LOG. A relative path begins at the folder of stored chat data. At 20 MiB it is "
        "renamed; the last three are kept.",
        advanced=True,
    )
    enable_ledger: bool = setting(
        True,
        "Keep a ledger in the database: one row of tokens and cost per request to OpenRouter, without texts of chats.",
        advanced=True,
    )
    ledger_retention_days: int = setting(
        LEDGER_DAYS, "Days after which a row of the ledger is deleted.", low=31, high=3660, advanced=True
    )
