"""One person alone never opens a breaker that others share."""

import pytest

from domain.breakers.shares import MOST_KEYS, Shares, share_of


@pytest.mark.parametrize(("limit", "share"), [(1, 1), (2, 1), (3, 2), (5, 3), (50, 25)])
def test_a_person_causes_at_most_half_of_the_failures(limit: int, share: int) -> None:
    shares = Shares()
    assert sum(shares.count("key", "ann", limit, 60.0, 0.0) for _ in range(100)) == share == share_of(limit)


def test_the_failures_of_others_still_count() -> None:
    shares = Shares()
    counted = [shares.count("key", person, 5, 60.0, 0.0) for person in ("ann", "ann", "ann", "ann", "ben", "ben")]
    assert counted == [True, True, True, False, True, True]


def test_each_breaker_has_shares_of_its_own() -> None:
    shares = Shares()
    assert all(shares.count(key, "ann", 1, 60.0, 0.0) for key in ("one", "other"))


def test_failures_leave_the_window() -> None:
    shares = Shares()
    assert [shares.count("key", "ann", 1, 60.0, now) for now in (0.0, 59.0, 60.0)] == [True, False, True]


def test_a_success_clears_the_failures() -> None:
    shares = Shares()
    shares.count("key", "ann", 1, 60.0, 0.0)
    shares.clear("key")
    assert shares.count("key", "ann", 1, 60.0, 0.0)


def test_failures_of_nobody_in_particular_always_count() -> None:
    shares = Shares()
    assert all(shares.count("key", "", 1, 60.0, 0.0) for _ in range(5))


def test_the_oldest_breakers_are_forgotten() -> None:
    shares = Shares()
    for number in range(MOST_KEYS + 1):
        shares.count(str(number), "ann", 1, 60.0, 0.0)
    assert [shares.count(key, "ann", 1, 60.0, 0.0) for key in ("0", str(MOST_KEYS))] == [True, False]
