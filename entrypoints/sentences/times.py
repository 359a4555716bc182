"""Times as people say them: a span in one unit, a moment by its day and hour in UTC."""

import math
from datetime import UTC, datetime, timedelta

from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

_SOON = 3600.0
"""Seconds up to which a wait is written as a span; a longer one as a moment."""
_WEEK = 7
_UNITS = (
    (1, 60, "1 second", "{number} seconds"),
    (60, 60, "1 minute", "{number} minutes"),
    (3600, 48, "1 hour", "{number} hours"),
    (86_400, 0, "1 day", "{number} days"),
)
"""The seconds of a unit, the number from which the next unit is used, and the unit's words."""
_WAITS = {
    "1 second": "in 1 second",
    "{number} seconds": "in {number} seconds",
    "1 minute": "in 1 minute",
    "{number} minutes": "in {number} minutes",
    "1 hour": "in 1 hour",
    "{number} hours": "in {number} hours",
    "1 day": "in 1 day",
    "{number} days": "in {number} days",
}
"""The same as the end of a wait: in other languages the words for a unit change."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NEAR = ("today, {hour} UTC", "tomorrow, {hour} UTC")


def span_words(seconds: float, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return a span in its largest fitting unit, rounded up: `20 seconds`, `3 minutes`, `5 hours`, `2 days`."""
    number, one, many = _measured(seconds)
    return vocabulary.count(number, one, many)


def moment_words(moment: datetime, now: datetime | None = None, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return a moment in UTC, rounded up to a minute: `today, 23:10 UTC`, `tomorrow, 02:00 UTC`, `on Friday, ...`.

    Both are aware. Without `now`, or more than a week ahead, the day is a date: `on 4 December, 02:00 UTC`.
    """
    utc = moment.astimezone(UTC)
    if utc.second or utc.microsecond:
        utc = utc.replace(second=0, microsecond=0) + timedelta(minutes=1)
    days = (utc.date() - now.astimezone(UTC).date()).days if now is not None else _WEEK
    hour = f"{utc:%H:%M}"
    if days in (0, 1):
        return vocabulary.say(_NEAR[days], hour=hour)
    if 0 < days < _WEEK:
        return vocabulary.say("on {day}, {hour} UTC", day=vocabulary.say(_DAYS[utc.weekday()]), hour=hour)
    month = vocabulary.say(_MONTHS[utc.month - 1])
    return vocabulary.say("on {day} {month}, {hour} UTC", day=utc.day, month=month, hour=hour)


def wait_words(seconds: float, now: datetime | None = None, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return when a wait is over: `in 3 minutes`; of more than an hour the moment, if `now` is known."""
    if seconds <= _SOON or now is None:
        number, one, many = _measured(seconds)
        return vocabulary.count(number, _WAITS[one], _WAITS[many])
    return moment_words(now + timedelta(seconds=seconds), now, vocabulary)


def _measured(seconds: float) -> tuple[int, str, str]:
    """Return the number of units, and the words for one unit and for several."""
    for size, most, one, many in _UNITS:
        number = max(1, math.ceil(seconds / size))
        if number < most:
            return number, one, many
    return number, one, many
