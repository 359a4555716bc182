"""Decide whether a failed attempt may be repeated, and when."""

from dataclasses import dataclass, replace

from domain.faults.fault import Fault, RetryRule

FIRST_WAIT = 0.5
LONGEST_WAIT = 4.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`extra_attempts` after the first; `wait_budget` s for all waits; `uncertain_allowed`: risk a double bill."""

    extra_attempts: int = 2
    wait_budget: float = 30.0
    uncertain_allowed: bool = False

    def allowing_uncertain(self) -> "RetryPolicy":
        """Return the policy for a free model."""
        return replace(self, uncertain_allowed=True)


def next_wait(fault: Fault, policy: RetryPolicy, *, attempts: int, waited: float, jitter: float) -> float | None:
    """Return the seconds to wait before the next attempt, or None to give up.

    `attempts` counts the attempts so far, `waited` the seconds waited between them; `jitter` is in [0, 1). The wait is
    at least upstream's `retry_after`; if that exceeds the budget, the result is None and the error card names the wait.
    Call this only while nothing was shown. Source: OpenRouter API reference, retry table.
    """
    if attempts > _extra(fault.rule, policy):
        return None
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts - 1)) * (0.5 + jitter)
    wait = max(wait, fault.retry_after or 0.0)
    return wait if waited + wait <= policy.wait_budget else None


def _extra(rule: RetryRule, policy: RetryPolicy) -> int:
    if rule is RetryRule.NEVER:
        return 0
    if rule is RetryRule.ONCE:
        return min(1, policy.extra_attempts)
    if rule is RetryRule.UNCERTAIN and not policy.uncertain_allowed:
        return 0
    return policy.extra_attempts
