"""How long breakers stay open."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.breakers.policy import LONGEST, Policy, cool_down_after, milliseconds, policy_for_calls
from tests.examples import examples

SECONDS = st.floats(0.001, 7_200)
CHANCE = st.floats(0, 1, exclude_max=True)


@examples(60)
@given(SECONDS, SECONDS, st.lists(CHANCE, min_size=1, max_size=40))
def test_cool_downs_never_shrink_and_never_pass_the_cap(first, longest, chances):
    policy = Policy(cool_down=first, longest_cool_down=longest)
    cap, before = milliseconds(max(first, longest)), 0
    for trips, chance in enumerate(chances, 1):
        length = cool_down_after(policy, trips, before, chance)
        assert max(before, 1) <= length <= cap
        before = length


@examples(40)
@given(SECONDS, SECONDS, CHANCE)
def test_cool_downs_come_near_the_cap(first, longest, chance):
    policy = Policy(cool_down=first, longest_cool_down=longest)
    assert cool_down_after(policy, 60, 0, chance) >= milliseconds(max(first, longest)) / 1.26 - 1


def test_cool_downs_double():
    policy = Policy(cool_down=10, longest_cool_down=100)
    assert [cool_down_after(policy, trips, 0, 0.0) for trips in range(1, 6)] == [10_000, 20_000, 40_000, 80_000, 80_000]


def test_breakers_that_open_together_do_not_wait_alike_not_even_at_the_cap():
    policy = Policy(cool_down=10, longest_cool_down=100)
    for trips in (1, 3, 50):
        assert len({cool_down_after(policy, trips, 0, chance / 10) for chance in range(10)}) == 10


def test_a_cap_that_was_lowered_holds_at_once():
    assert cool_down_after(Policy(cool_down=10, longest_cool_down=100), 5, 900_000, 0.9) == 100_000


@pytest.mark.parametrize("seconds", [-inf, -1, 0, 1e-9, 0.5, 1e12, inf, nan])
def test_lengths_stay_between_a_millisecond_and_a_day(seconds):
    assert 1 <= milliseconds(seconds) <= LONGEST


@pytest.mark.parametrize(("window", "longest"), [(5, 50), (60, 600), (900, 3_600)])
def test_calls_pause_one_window_first_and_at_most_an_hour(window, longest):
    policy = policy_for_calls(5, window, 60)
    assert (policy.window, policy.cool_down, policy.longest_cool_down) == (window, window, longest)
    assert policy.lease > 60
