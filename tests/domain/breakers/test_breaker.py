"""One breaker, step by step."""

import pytest

from domain.breakers.breaker import Breaker, Change, Verdict, ask, settle
from domain.breakers.policy import Policy
from tests.domain.breakers.phases import Phase, phase_of

NOW = 1_770_000_000_000
POLICY = Policy(max_failures=3, window=60, cool_down=10, longest_cool_down=40, lease=5)
NEW = Breaker()
F, S, N = Verdict.FAILURE, Verdict.SUCCESS, Verdict.NEUTRAL


def after(*verdicts: Verdict, policy: Policy = POLICY, breaker: Breaker = NEW, at: int = NOW) -> Breaker:
    """Return a breaker after calls that all end at the same time, each admitted after the one before."""
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


def test_open_breaker_rejects_every_call_and_returns_how_long():
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


def test_breaker_admits_one_probe_after_cooldown():
    first = ask(OPEN, POLICY, HALF, "a")
    second = ask(first.after, POLICY, HALF + 1, "b")
    assert (first.allowed, first.probing) == (True, True)
    assert (second.allowed, second.wait) == (False, 4_999)


def test_the_probe_of_a_lost_caller_goes_to_the_next_when_its_lease_has_expired():
    lent = ask(OPEN, POLICY, HALF, "a").after
    assert not ask(lent, POLICY, HALF + 4_999, "b").allowed
    assert ask(lent, POLICY, HALF + 5_000, "b").probing


def test_a_probe_whose_lease_went_to_another_call_changes_nothing():
    second = ask(ask(OPEN, POLICY, HALF, "a").after, POLICY, HALF + 5_000, "b").after
    assert [settle(second, POLICY, HALF + 5_001, verdict, epoch=1, token="a") for verdict in (F, S, N)] == [
        (second, None)
    ] * 3


def test_a_late_probe_counts_if_no_other_call_took_the_lease():
    lent = ask(OPEN, POLICY, HALF, "a").after
    assert settle(lent, POLICY, HALF + 60_000, S, epoch=1, token="a")[1] is Change.CLOSED


def test_a_probe_that_succeeds_closes_and_forgets():
    breaker, change = probed(S, OPEN, HALF)
    assert change is Change.CLOSED
    assert (phase_of(breaker, HALF), breaker.failures, breaker.trips) == (Phase.CLOSED, (), 0)


def test_a_probe_that_fails_opens_again_for_longer():
    breaker, change = probed(F, OPEN, HALF)
    assert change is Change.REOPENED
    assert breaker.cool_down == 2 * OPEN.cool_down


def test_a_neutral_probe_leaves_the_next_caller_to_probe_at_once():
    breaker, change = probed(N, OPEN, HALF)
    assert change is None
    assert ask(breaker, POLICY, HALF, "b").probing


def test_a_probe_reported_twice_counts_once():
    breaker, _ = probed(F, OPEN, HALF)
    assert settle(breaker, POLICY, HALF, F, epoch=breaker.epoch, token="probe") == (breaker, None)


@pytest.mark.parametrize("verdict", [F, S])
def test_calls_begun_before_it_opened_change_nothing(verdict):
    assert settle(OPEN, POLICY, NOW + 1, verdict, epoch=0) == (OPEN, None)


def test_calls_begun_before_it_closed_again_change_nothing():
    closed, _ = probed(S, OPEN, HALF)
    assert settle(closed, POLICY, HALF, F, epoch=0) == (closed, None)


@pytest.mark.parametrize(("wanted", "counted"), [(-1, 1), (0, 1), (1, 1), (7, 7), (50, 50), (999, 50)])
def test_a_breaker_opens_with_as_many_failures_as_its_policy_may_ask_for(wanted, counted):
    policy = Policy(max_failures=wanted)
    assert phase_of(after(*[F] * (counted - 1), policy=policy), NOW) is Phase.CLOSED
    assert phase_of(after(*[S] * 99, *[F] * counted, policy=policy), NOW) is Phase.OPEN


def test_timestamps_too_far_in_the_future_do_not_count():
    earlier = NOW - 10**9
    assert ask(OPEN, POLICY, earlier, "a").probing
    assert ask(ask(OPEN, POLICY, HALF, "a").after, POLICY, earlier, "b").probing
    assert phase_of(after(F, breaker=after(F, F), at=earlier), earlier) is Phase.CLOSED


def test_clocks_a_little_apart_still_share_one_probe():
    lent = ask(OPEN, POLICY, HALF + 3_000, "a").after
    assert not ask(lent, POLICY, HALF, "b").allowed
