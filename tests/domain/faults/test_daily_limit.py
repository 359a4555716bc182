"""A limit of the day is recognised by its source or words, and its end follows from what upstream stated and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.faults.causes import DailyLimit
from domain.faults.daily_limit import daily_limit
from ports.response_events import UpstreamProblem

RECEIVED = datetime(2026, 11, 30, 23, 15, tzinfo=UTC)
FREE = UpstreamProblem(429, "rate_limit_exceeded", "Rate limit exceeded: free-models-per-day.", received=RECEIVED)


def test_free_requests_come_back_at_midnight_utc():
    assert daily_limit(FREE, 429) == DailyLimit(datetime(2026, 12, 1, tzinfo=UTC))


def test_midnight_is_that_of_utc_wherever_the_server_stands():
    local = RECEIVED.astimezone(timezone(timedelta(hours=9)))
    assert daily_limit(replace(FREE, received=local), 429) == DailyLimit(datetime(2026, 12, 1, tzinfo=UTC))


def test_a_stated_wait_counts_before_midnight():
    assert daily_limit(replace(FREE, retry_after=60.0), 429) == DailyLimit(RECEIVED + timedelta(minutes=1))


@pytest.mark.parametrize(
    "problem",
    [
        replace(FREE, received=None),
        UpstreamProblem(429, "", "Requests per day (RPD) limit reached", received=RECEIVED),
        UpstreamProblem(429, "", "x", limit_source="openrouter_free_tier_daily", received=RECEIVED),
    ],
)
def test_an_end_that_nobody_stated_is_unknown(problem):
    assert daily_limit(problem, 429) == DailyLimit(None)


@pytest.mark.parametrize("text", ["slow down", "100 requests per minute", "try again in a day or two"])
def test_other_limits_are_not_those_of_a_day(text):
    assert daily_limit(UpstreamProblem(429, "rate_limit_exceeded", text, received=RECEIVED), 429) is None
