"""Windows of time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets.rule import Period
from domain.budgets.windows import window_of

ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Pacific/Apia", "Asia/Kathmandu")
FIRST = datetime(1995, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 85 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
LONG = {Period.DAY: 25, Period.WEEK: 7 * 24 + 1, Period.MONTH: 31 * 24 + 1}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(Period))
def test_every_moment_lies_in_its_window_and_windows_touch(moment, zone, period):
    window = window_of(period, moment, ZoneInfo(zone))
    assert window.starts <= moment < window.ends
    assert window_of(period, window.ends, ZoneInfo(zone)).starts == window.ends
    assert window_of(period, window.ends - timedelta(microseconds=1), ZoneInfo(zone)) == window


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]))
def test_no_window_is_longer_than_its_period_and_an_hour(moment, zone, period):
    window = window_of(period, moment, ZoneInfo(zone))
    assert window.ends - window.starts <= timedelta(hours=LONG[period])


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-29T12:00+00:00", 23), ("2026-10-25T12:00+00:00", 25), ("2026-06-01T12:00+00:00", 24)]
)
def test_a_day_ends_at_midnight_also_when_the_clock_changes(day, hours):
    window = window_of(Period.DAY, at(day), ZoneInfo("Europe/Berlin"))
    assert window.ends - window.starts == timedelta(hours=hours)


def test_a_month_and_a_week_begin_at_midnight_of_the_zone():
    berlin, moment = ZoneInfo("Europe/Berlin"), at("2026-11-30T23:30+00:00")
    assert window_of(Period.MONTH, moment, berlin).starts == at("2026-12-01T00:00+01:00")
    assert window_of(Period.WEEK, moment, berlin).starts == at("2026-11-30T00:00+01:00")
    assert window_of(Period.MONTH, moment, ZoneInfo("UTC")).ends == at("2026-12-01T00:00+00:00")
