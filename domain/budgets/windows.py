"""Windows of time: the day, week or month of a time zone that a moment lies in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from domain.budgets.rule import Period

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, both ends aware and in UTC; `ends` is not part of it. `name` is the same in every time zone: the
    first day by the calendar of the zone, or the minute.
    """

    starts: datetime
    ends: datetime
    name: str


def window_of(period: Period, now: datetime, zone: tzinfo) -> Window:
    """Return the window that `now` (aware) lies in.

    A day lasts from midnight to midnight of the zone, also if that is 23 or 25 hours. Where the clock skips midnight,
    the day begins when it is put forward.
    """
    if period is Period.MINUTE:
        starts = now.astimezone(UTC).replace(second=0, microsecond=0)
        return Window(starts, starts + timedelta(minutes=1), f"{starts:%Y%m%dT%H%M}")
    today = now.astimezone(zone).date()
    if period is Period.DAY:
        first, last = today, today + DAY
    elif period is Period.WEEK:
        first = today - today.weekday() * DAY
        last = first + 7 * DAY
    else:
        first = today.replace(day=1)
        last = (first + 31 * DAY).replace(day=1)
    return Window(_midnight(first, zone), _midnight(last, zone), f"{first:%Y%m%d}T0000")


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
