"""Times as people say them: a span in one unit, a moment by its day and hour in UTC."""

import math
from datetime import UTC, datetime, timedelta

_SOON = 3600.0
"""Seconds up to which a wait is written as a span; a longer one as a moment."""
_WEEK = 7
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def span_words(seconds: float) -> str:
    """Return a span in its largest fitting unit, rounded up: `20 seconds`, `3 minutes`, `5 hours`, `2 days`."""
    for size, unit in ((1, "second"), (60, "minute"), (3600, "hour")):
        number = max(1, math.ceil(seconds / size))
        if number < (60 if size < 3600 else 48):
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return f"{math.ceil(seconds / 86_400)} days"


def moment_words(moment: datetime, now: datetime | None = None) -> str:
    """Return a moment in UTC, rounded up to a minute: `today, 23:10 UTC`, `tomorrow, 02:00 UTC`, `on Friday, ...`.

    Both are aware. Without `now`, or more than a week ahead, the day is a date: `on 4 December, 02:00 UTC`.
    """
    utc = moment.astimezone(UTC)
    if utc.second or utc.microsecond:
        utc = utc.replace(second=0, microsecond=0) + timedelta(minutes=1)
    days = (utc.date() - now.astimezone(UTC).date()).days if now is not None else _WEEK
    if days in (0, 1):
        day = ("today", "tomorrow")[days]
    else:
        day = f"on {_DAYS[utc.weekday()]}" if 0 < days < _WEEK else f"on {utc.day} {_MONTHS[utc.month - 1]}"
    return f"{day}, {utc:%H:%M} UTC"


def wait_words(seconds: float, now: datetime | None = None) -> str:
    """Return when a wait is over: `in 3 minutes`; of more than an hour the moment, if `now` is known."""
    if seconds <= _SOON or now is None:
        return f"in {span_words(seconds)}"
    return moment_words(now + timedelta(seconds=seconds), now)
