"""Whether another attempt is allowed, and how long to wait before it."""

import pytest

from domain.faults.fault import Fault, FaultKind, RetryRule
from domain.faults.retry import RetryPolicy, next_wait


def wait(rule: RetryRule, *, attempts: int = 1, waited: float = 0.0, after: float | None = None, **policy: object):
    fault = Fault(FaultKind.SERVER, rule=rule, retry_after=after)
    return next_wait(fault, RetryPolicy(**policy), attempts=attempts, waited=waited, jitter=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "waits"),
    [
        (RetryRule.NEVER, [None, None, None]),
        (RetryRule.ONCE, [0.5, None, None]),
        (RetryRule.SAFE, [0.5, 1.0, None]),
        (RetryRule.UNCERTAIN, [None, None, None]),
    ],
)
def test_a_rule_allows_its_number_of_attempts(rule, waits):
    assert [wait(rule, attempts=attempts) for attempts in (1, 2, 3)] == waits


def test_an_uncertain_failure_may_be_allowed():
    assert wait(RetryRule.UNCERTAIN, uncertain_allowed=True) == 0.5
    assert RetryPolicy().allowing_uncertain().uncertain_allowed


@pytest.mark.parametrize("rule", RetryRule)
def test_no_extra_attempts_means_none(rule):
    assert wait(rule, extra_attempts=0, uncertain_allowed=True) is None


def test_waits_stop_growing():
    assert wait(RetryRule.SAFE, attempts=8, extra_attempts=10) == 4.0


@pytest.mark.parametrize(
    ("waited", "after", "expected"),
    [(0.0, 30.0, 30.0), (0.0, 30.1, None), (29.0, None, 29.5 - 29.0), (29.8, None, None), (0.0, float("inf"), None)],
)
def test_all_waits_stay_within_the_budget(waited, after, expected):
    assert wait(RetryRule.SAFE, waited=waited, after=after) == expected


@pytest.mark.parametrize("after", [0.0, -5.0, float("nan")])
def test_an_invalid_wait_is_ignored(after):
    assert wait(RetryRule.SAFE, after=after) == 0.5
