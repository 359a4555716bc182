"""Default limits; the operator's settings use them as defaults. Times in seconds unless the name says otherwise."""

TURNS_AT_ONCE = 200
TURNS_WAITING = 1000

TOOL_ROUNDS = 25
CALLS_AT_ONCE = 5
CALLS_IN_PROCESS = 200
CALLS_WAITING = 1000
CALL_SECONDS = 60
ROUND_SECONDS = 120

BREAKER_FAILURES = 5
BREAKER_SECONDS = 60

KEY_CHECK_MINUTES = 10
"""Minutes between two checks of what upstream still lets a key spend."""
REFUSED_KEY_SECONDS = 60
"""Seconds for which no background task is sent with a key that upstream refused."""

FULL_TURNS = 10
"""Number of newest turns whose tool results are sent in full."""

RETENTION_DAYS = 90
CLEANING_HOURS = 1.0
QUOTA_MB = 200
"""What is stored of one person, in MB."""
JOURNAL_BYTES, JOURNAL_ROWS = 64 * 1024 * 1024, 20_000
"""What the tool journal holds of one person: results of turns that did not settle, and calls."""

MEBIBYTE = 1024 * 1024
PICTURES_SENT = 5
"""Pictures of a chat that go with one message."""
ANSWERS_REUSED = 3
"""Answers back from which a picture that a model made goes with the next message."""
INLINE_MB, VIDEO_MB = 50, 100
"""The largest medium, and the largest video, inside a request, in MiB."""
PIECE_BYTES = MEBIBYTE
"""What is read and encoded of a file at a time."""
DOWNLOAD_MB, DOWNLOAD_RETRIES, DOWNLOAD_WAIT, DOWNLOAD_SECONDS = 50, 3, 5, 45
"""Of one download: its size in MiB, repeated tries, seconds before the first of them, and for all of it."""

# Records of turns
RECORD_DAYS, RECORD_CLEANING_SECONDS = 90, 3_600
RECORD_ENTRIES = 20_000
"""Lines, and events, that the record of one turn holds."""

LEDGER_DAYS = 400
LEDGER_JOURNAL_BYTES = 8 * MEBIBYTE
"""What is kept of the ledger beside a store that fails: some 15,000 entries."""
LONGEST_ATTEMPT = 3 * 3600
"""Seconds after which an attempt that has not ended is one whose process died."""
