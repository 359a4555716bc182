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

FULL_TURNS = 10
"""Number of newest turns whose tool results are sent in full."""

RETENTION_DAYS = 90
CLEANING_HOURS = 1.0
QUOTA_MB = 200
"""What is stored of one person, in MB."""
JOURNAL_BYTES, JOURNAL_ROWS = 64 * 1024 * 1024, 20_000
"""What the tool journal holds of one person: results of turns that did not settle, and calls."""
