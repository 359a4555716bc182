"""What one breaker does, step by step."""

from itertools import product

import pytest

from domain.breakers.breaker import Breaker, Change, Phase, Verdict, ask, phase_of, settle
from domain.breakers.policy import Mode, Policy

NOW = 1_770_000_000_000
POLICY = Policy(max_failures=3, window=60, cool_down=10, longest_cool_down=40, lease=5)
RATE = Policy(max_failures=3, window=60, mode=Mode.FAILURE_RATE, rate=0.5, history=10, cool_down=10)
NEW = Breaker()
F, S, N = Verdict.FAILURE, Verdict.SUCCESS, Verdict.NEUTRAL


def after(*verdicts: Verdict, policy: Policy = POLICY, breaker: Breaker = NEW, at: int = NOW) -> Breaker:
    """A breaker told of calls that all end at one moment, each begun after the one before."""
    for verdict in verdicts:
        breaker, _ = settle(breaker, policy, at, verdict, epoch=breaker.epoch)
    return breaker


def probed(verdict: Verdict, breaker: Breaker, at: int) -> tuple[Breaker, Change | None]:
    lent = ask(breaker, POLICY, at, "probe")
    assert lent.probing
    return settle(lent.after, POLICY, at, verdict, epoch=lent.after.epoch, token="probe")


OPEN = after(F, F, F)
HALF = NOW + 10_000


def test_breaker_opens_with_the_failure_that_reaches_the_limit():
    _, change = settle(after(F, F), POLICY, NOW, F, epoch=0)
    assert change is Change.OPENED
    assert phase_of(OPEN, NOW) is Phase.OPEN


def test_open_breaker_lets_nobody_through_and_tells_how_long():
    assert [ask(OPEN, POLICY, NOW + at, "a").wait for at in (0, 1, 9_999)] == [10_000, 9_999, 1]
    assert not ask(OPEN, POLICY, NOW, "a").allowed


def test_breaker_counts_a_failure_until_the_window_has_passed_it():
    old = after(F, F)
    assert phase_of(after(F, breaker=old, at=NOW + 59_999), NOW + 59_999) is Phase.OPEN
    assert phase_of(after(F, breaker=old, at=NOW + 60_000), NOW + 60_000) is Phase.CLOSED


def test_breaker_forgets_failures_after_a_success_when_counting_in_a_row():
    assert after(F, F, S) == Breaker()


def test_neutral_calls_never_count():
    assert after(F, F, *[N] * 9) == after(F, F)
    assert after(*[N] * 9) == Breaker()


def test_breaker_lets_one_probe_through_after_cooldown():
    first = ask(OPEN, POLICY, HALF, "a")
    second = ask(first.after, POLICY, HALF + 1, "b")
    assert (first.allowed, first.probing) == (True, True)
    assert (second.allowed, second.wait) == (False, 4_999)


def test_a_probe_whose_caller_died_goes_to_the_next_when_its_lease_has_expired():
    lent = ask(OPEN, POLICY, HALF, "a").after
    assert not ask(lent, POLICY, HALF + 4_999, "b").allowed
    assert ask(lent, POLICY, HALF + 5_000, "b").probing


def test_the_one_whose_lease_went_to_another_changes_nothing():
    second = ask(ask(OPEN, POLICY, HALF, "a").after, POLICY, HALF + 5_000, "b").after
    assert [settle(second, POLICY, HALF + 5_001, verdict, epoch=1, token="a") for verdict in (F, S, N)] == [
        (second, None)
    ] * 3


def test_a_late_probe_nobody_followed_still_counts():
    lent = ask(OPEN, POLICY, HALF, "a").after
    assert settle(lent, POLICY, HALF + 60_000, S, epoch=1, token="a")[1] is Change.CLOSED


def test_a_probe_that_succeeds_closes_and_forgets():
    breaker, change = probed(S, OPEN, HALF)
    assert change is Change.CLOSED
    assert (phase_of(breaker, HALF), breaker.outcomes, breaker.trips) == (Phase.CLOSED, (), 0)


def test_a_probe_that_fails_opens_again_for_longer():
    breaker, change = probed(F, OPEN, HALF)
    assert change is Change.REOPENED
    assert breaker.cool_down == 2 * OPEN.cool_down


def test_a_neutral_probe_leaves_the_next_caller_to_probe_at_once():
    breaker, change = probed(N, OPEN, HALF)
    assert change is None
    assert ask(breaker, POLICY, HALF, "b").probing


def test_a_probe_told_twice_counts_once():
    breaker, _ = probed(F, OPEN, HALF)
    assert settle(breaker, POLICY, HALF, F, epoch=breaker.epoch, token="probe") == (breaker, None)


@pytest.mark.parametrize("verdict", [F, S])
def test_calls_begun_before_it_opened_change_nothing(verdict):
    assert settle(OPEN, POLICY, NOW + 1, verdict, epoch=0) == (OPEN, None)


def test_calls_begun_before_it_closed_again_change_nothing():
    closed, _ = probed(S, OPEN, HALF)
    assert settle(closed, POLICY, HALF, F, epoch=0) == (closed, None)


def test_rate_breaker_opens_only_when_failures_are_also_the_share():
    assert phase_of(after(S, S, S, S, F, F, F, policy=RATE), NOW) is Phase.CLOSED
    assert phase_of(after(S, S, S, S, F, F, F, F, policy=RATE), NOW) is Phase.OPEN
    assert phase_of(after(F, F, policy=RATE), NOW) is Phase.CLOSED


def test_rate_breaker_does_not_forget_failures_after_a_success():
    assert phase_of(after(F, F, S, F, policy=RATE), NOW) is Phase.OPEN


@pytest.mark.parametrize("mode", Mode)
def test_a_breaker_that_only_sees_failures_opens_whatever_its_history(mode):
    for failures, rate, history in product((-1, 0, 1, 7, 50, 999), (-1.0, 0.01, 0.5, 1.0, 7.0), (-5, 0, 1, 10**9)):
        policy = Policy(max_failures=failures, mode=mode, rate=rate, history=history)
        calls = after(*[S] * policy.kept, *[F] * policy.kept, policy=policy)
        assert phase_of(calls, NOW) is Phase.OPEN


def test_a_breaker_whose_calls_fail_at_the_share_opens_whatever_its_history():
    for failures, history in product((1, 7, 50), (0, 1, 200)):
        policy = Policy(max_failures=failures, mode=Mode.FAILURE_RATE, rate=0.5, history=history)
        assert phase_of(after(*[S, F] * policy.kept, policy=policy), NOW) is Phase.OPEN


def test_a_breaker_remembers_no_more_than_it_may():
    policy = Policy(max_failures=10**9, mode=Mode.FAILURE_RATE, rate=0.0, history=10**9)
    assert len(after(*[S] * 500, policy=policy).outcomes) == policy.kept == 200


def test_times_of_a_clock_that_was_put_back_do_not_count():
    earlier = NOW - 10**9
    assert ask(OPEN, POLICY, earlier, "a").probing
    assert ask(ask(OPEN, POLICY, HALF, "a").after, POLICY, earlier, "b").probing
    assert phase_of(after(F, breaker=after(F, F), at=earlier), earlier) is Phase.CLOSED


def test_clocks_a_little_apart_still_share_one_probe():
    lent = ask(OPEN, POLICY, HALF + 3_000, "a").after
    assert not ask(lent, POLICY, HALF, "b").allowed
