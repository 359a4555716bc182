"""Each person's share of the failures that open a breaker for everybody.

A person can make a request fail on purpose, or without knowing: with a rare parameter, or a file that a provider
stumbles over. One person alone therefore never opens a breaker that others share.
"""

from collections import OrderedDict, deque

MOST_KEYS = 1_000
"""Breakers whose failures are remembered; the oldest are forgotten."""


def share_of(limit: int) -> int:
    """Return how many of `limit` failures may be one person's: half of them, rounded up."""
    return max(1, (limit + 1) // 2)


class Shares:
    """Who caused the latest failures, by the key of the breaker. Times in seconds; belongs to one event loop."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[tuple[str, float]]] = OrderedDict()

    def count(self, key: str, person: str, limit: int, window: float, now: float) -> bool:
        """Note a failure and return whether it counts: not if the person used up the share within the window.

        Failures of nobody in particular always count.
        """
        held = self._failures.setdefault(key, deque())
        self._failures.move_to_end(key)
        while held and held[0][1] <= now - window:
            held.popleft()
        if person and sum(one == person for one, _ in held) >= share_of(limit):
            return False
        held.append((person, now))
        while len(held) > limit:
            held.popleft()
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)
        return True

    def clear(self, key: str) -> None:
        """Forget the failures of a breaker after a success."""
        self._failures.pop(key, None)
