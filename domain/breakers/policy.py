"""When a breaker opens, for how long, and how long a probe may take."""

from dataclasses import dataclass

from domain.limits import BREAKER_FAILURES, BREAKER_SECONDS

MOST_FAILURES = 50
LONGEST = 86_400_000
"""ms; no cool-down and no lease is longer, whatever was set or stored."""
FORGET_AFTER_SECONDS = 172_800
"""A stored breaker nobody touched for so long means nothing any more."""
JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of a breaker; lengths in s. Values out of range count as the nearest that is in range.

    `max_failures` in a row within the last `window` s open it. `cool_down` doubles with every probe that fails up to
    `longest_cool_down`, plus jitter below that bound. `lease`: a probe not reported by then counts as lost, and the
    next caller may probe.
    """

    max_failures: int = BREAKER_FAILURES
    window: float = BREAKER_SECONDS
    cool_down: float = BREAKER_SECONDS
    longest_cool_down: float = 10 * BREAKER_SECONDS
    lease: float = 90.0

    @property
    def limit(self) -> int:
        """How many failures open it."""
        return max(1, min(self.max_failures, MOST_FAILURES))


def policy_for_calls(max_failures: int, window: float, longest_call: float) -> Policy:
    """Return the policy of an operator's limit and window for calls of at most `longest_call` s.

    The first pause is one window long, the longest ten, but at most an hour.
    """
    longest = max(window, min(10 * window, 3_600.0))
    return Policy(max_failures, window, cool_down=window, longest_cool_down=longest, lease=longest_call + 30.0)


def milliseconds(seconds: float) -> int:
    """Return a length in whole ms, at least 1 and at most a day."""
    return round(max(0.001, min(LONGEST / 1000, seconds)) * 1000)


def cool_down_after(policy: Policy, trips: int, before: int, jitter: float) -> int:
    """Return the ms to stay open for the `trips`-th time in a row, never shorter than `before` ms, never above the cap.

    `jitter` in [0, 1) spreads the breakers that opened together.
    """
    longest = milliseconds(max(policy.cool_down, policy.longest_cool_down))
    grown = min(longest / (1 + JITTER), milliseconds(policy.cool_down) << min(max(trips, 1) - 1, 30))
    return min(longest, max(before, round(grown * (1 + JITTER * jitter)), 1))
