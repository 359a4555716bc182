"""When a breaker opens, for how long, and how long a probe may take."""

from dataclasses import dataclass
from functools import lru_cache

from domain.limits import BREAKER_FAILURES, BREAKER_SECONDS

MOST_FAILURES = 50
LONGEST = 86_400_000
"""ms; upper bound of every cool-down and lease, whatever was configured or stored."""
FORGET_AFTER_SECONDS = 172_800
"""A stored breaker that was not changed for this long is deleted."""
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of a breaker; durations in s. A value out of range counts as the nearest value in range.

    `max_failures` in a row within the last `window` s open the breaker. `cool_down` doubles with every failed probe up
    to `longest_cool_down`, jitter included. `lease`: a probe that is not reported within it counts as lost, and the
    next call may probe.
    """

    max_failures: int = BREAKER_FAILURES
    window: float = BREAKER_SECONDS
    cool_down: float = BREAKER_SECONDS
    longest_cool_down: float = 10 * BREAKER_SECONDS
    lease: float = 90.0

    @property
    def limit(self) -> int:
        """The number of failures that opens the breaker."""
        return max(1, min(self.max_failures, MOST_FAILURES))

    @property
    def share(self) -> int:
        """How many of these failures may be one person's: half of them, rounded up."""
        return (self.limit + 1) // 2


@lru_cache(maxsize=64)  # the operator's few settings
def policy_for_calls(max_failures: int, window: float, longest_call: float) -> Policy:
    """Return the policy for an operator's limit and window, for calls of at most `longest_call` s.

    The first cool-down is one window; the longest is ten windows, at most an hour.
    """
    longest = max(window, min(10 * window, 3_600.0))
    return Policy(max_failures, window, cool_down=window, longest_cool_down=longest, lease=longest_call + 30.0)


def milliseconds(seconds: float) -> int:
    """Return a duration in whole ms, at least 1 and at most a day."""
    return round(max(0.001, min(LONGEST / 1000, seconds)) * 1000)


def cool_down_after(policy: Policy, trips: int, before: int, jitter: float) -> int:
    """Return the cool-down of the `trips`-th opening in a row (ms): at least `before` ms, at most the longest one.

    `jitter` in [0, 1) spreads breakers that opened at the same time.
    """
    longest = milliseconds(max(policy.cool_down, policy.longest_cool_down))
    grown = min(longest / (1 + JITTER), milliseconds(policy.cool_down) << min(max(trips, 1) - 1, 30))
    return min(longest, max(before, round(grown * (1 + JITTER * jitter)), 1))
