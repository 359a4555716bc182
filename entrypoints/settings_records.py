"""Settings of what is recorded about requests; `settings` holds the others."""

# ruff: noqa: RUF009  (each row is the default of its field)

from dataclasses import dataclass
from typing import Literal

from domain.limits import RECORD_CLEANING_SECONDS, RECORD_DAYS, RECORD_ENTRIES
from entrypoints.settings_cards import CardSettings
from entrypoints.settings_rows import Secret, setting

Compression = Literal["lzma", "stored", "deflated", "bzip2"]
LogFormat = Literal["jsonl", "text", "both"]


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

    # Records of turns
    session_log_store_enabled: bool = setting(
        False,
        "Store a record of each message as an encrypted zip file: its log lines, and what was sent and received. Needs "
        "SESSION_LOG_ZIP_PASSWORD. Secrets are masked; texts of chats are in it. Temporary chats are never stored.",
    )
    session_log_zip_password: Secret = setting(
        Secret(), "Password of the zip files of SESSION_LOG_STORE_ENABLED. Without one, nothing is stored."
    )
    session_log_dir: str = setting(
        "session_logs",
        "Folder of the records. A relative path begins at the folder of stored chat data. It must not be a link.",
        advanced=True,
    )
    session_log_retention_days: int = setting(
        RECORD_DAYS, "Days after which a record is deleted.", low=1, high=3_650, advanced=True
    )
    session_log_cleanup_interval_seconds: int = setting(
        RECORD_CLEANING_SECONDS, "Seconds between two cleanup runs of the records.", low=60, high=604_800, advanced=True
    )
    session_log_zip_compression: Compression = setting(
        "lzma", "How records are compressed: lzma, bzip2, deflated, or stored (not at all).", advanced=True
    )
    session_log_zip_compresslevel: int | None = setting(
        None,
        "Level of deflated and bzip2, from 0 to 9. With the value none, that of the library.",
        low=0,
        high=9,
        advanced=True,
    )
    session_log_max_lines: int = setting(
        RECORD_ENTRIES,
        "Log lines, and events, that the record of one turn holds at most; the oldest give way.",
        low=100,
        high=200_000,
        advanced=True,
    )
    session_log_format: LogFormat = setting(
        "jsonl",
        "Form of the log lines in a record. jsonl: one JSON object per line; text and both: also a file for people.",
        advanced=True,
    )
    session_log_redact_emails: bool = setting(
        True, "Mask email addresses in records. Turns that contain one cannot be replayed exactly.", advanced=True
    )
