"""Settings of what is recorded about requests; `settings` holds the others."""

from dataclasses import dataclass

from entrypoints.settings_cards import CardSettings
from entrypoints.settings_rows import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings(CardSettings):
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
