"""Reads how long a server asks to wait: seconds, or a date of HTTP. Pure. Source: RFC 9110, 5.6.7 and 10.2.3."""

import re
from datetime import UTC, datetime
from math import isfinite

LONGEST_WAIT = 7 * 86_400.0
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,9})?")
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DATES = (
    re.compile(rf"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_CLOCK} GMT"),
    re.compile(rf"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_CLOCK} GMT"),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_CLOCK} (?P<year>[0-9]{{4}})"),
)
"""The three forms of a date in HTTP: fixed, obsolete with two digits of a year, and asctime."""
_YEARS_AHEAD = 50


def stated_wait(raw_value: object, now: datetime) -> float | None:
    """Return the seconds that a value of `Retry-After` states (a number or a date), at most LONGEST_WAIT; else None."""
    number = stated_number(raw_value)
    if number is None and isinstance(raw_value, str):
        moment = _moment(raw_value.strip(" \t"), now)
        number = None if moment is None else (moment - now).total_seconds()
    return None if number is None else min(max(number, 0.0), LONGEST_WAIT)


def stated_number(raw_value: object) -> float | None:
    """Return a number; as text only ASCII digits count. Source: RFC 9110, sections 5.6.1 and 10.2.3."""
    if isinstance(raw_value, bool) or not isinstance(raw_value, int | float | str):
        return None
    if isinstance(raw_value, str):
        raw_value = raw_value.strip(" \t")
        if not _NUMBER.fullmatch(raw_value):
            return None
    try:
        number = float(raw_value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _moment(text: str, now: datetime) -> datetime | None:
    """Read a date of HTTP; two digits of a year never mean more than 50 years ahead. Source: RFC 9110, 5.6.7."""
    found = next((match for form in _DATES if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year = int(found["year"])
    if len(found["year"]) == 2:
        year += now.year // 100 * 100
        year += 100 if year < now.year - _YEARS_AHEAD else 0
    month, second = _MONTHS.index(found["month"]) + 1, min(int(found["second"]), 59)  # 60: a leap second
    try:
        moment = datetime(year, month, int(found["day"]), int(found["hour"]), int(found["minute"]), second, tzinfo=UTC)
        latest = now.replace(year=now.year + _YEARS_AHEAD, day=min(now.day, 28))
        return moment.replace(year=year - 100) if len(found["year"]) == 2 and moment > latest else moment
    except ValueError:
        return None
