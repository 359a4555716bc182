"""Times as people say them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.sentences.times import moment_words, span_words, wait_words

NOW = datetime(2026, 11, 30, 21, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0.2, "1 second"), (1, "1 second"), (2.2, "3 seconds"), (59, "59 seconds"), (60, "1 minute")),
        *((61, "2 minutes"), (180, "3 minutes"), (3541, "1 hour"), (3600, "1 hour"), (17_999, "5 hours")),
        *((47 * 3600, "47 hours"), (48 * 3600, "2 days"), (7 * 86_400, "7 days")),
    ],
)
def test_a_span_is_told_in_one_unit(seconds, words):
    assert span_words(seconds) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW + timedelta(minutes=10), "today, 21:40 UTC"),
        (datetime(2026, 12, 1, 2, tzinfo=UTC), "tomorrow, 02:00 UTC"),
        (datetime(2026, 12, 1, 1, 59, 59, 5, tzinfo=UTC), "tomorrow, 02:00 UTC"),
        (datetime(2026, 12, 1, 3, tzinfo=timezone(timedelta(hours=1))), "tomorrow, 02:00 UTC"),
        (datetime(2026, 12, 4, 0, 0, tzinfo=UTC), "on Friday, 00:00 UTC"),
        (datetime(2026, 12, 7, 0, 0, tzinfo=UTC), "on 7 December, 00:00 UTC"),
    ],
)
def test_a_moment_is_told_by_its_day_and_hour(moment, words):
    assert moment_words(moment, NOW) == words


def test_without_the_time_of_day_a_moment_is_told_by_its_date():
    assert moment_words(datetime(2026, 12, 1, tzinfo=UTC)) == "on 1 December, 00:00 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"), [(20, "in 20 seconds"), (150, "in 3 minutes"), (16_200, "tomorrow, 02:00 UTC")]
)
def test_a_long_wait_is_told_as_a_moment(seconds, words):
    assert wait_words(seconds, NOW) == words


@given(st.floats(0, 7 * 86_400))
def test_no_wait_is_told_shorter_than_it_is(seconds):
    number, unit = span_words(seconds).split()
    size = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}[unit.removesuffix("s")]
    assert int(number) * size >= seconds
