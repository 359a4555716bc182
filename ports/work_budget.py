"""A budget of steps for pure computation on data from outside: the work ends when the steps are spent."""

from collections.abc import Callable

LOOKS = 256
"""Steps between two looks at the clock."""


class BudgetSpent(Exception):
    """The work was given up: it would have taken more steps, or more time, than it may."""


class WorkBudget:
    """Counts the steps of one piece of work, one thread at a time. One step is about a microsecond.

    `expired` is asked now and then whether the time is over, which is the second brake.
    """

    __slots__ = ("_expired", "_look", "_steps")

    def __init__(self, steps: int, expired: Callable[[], bool] | None = None) -> None:
        self._steps, self._expired = steps, expired
        self._look = steps - LOOKS if expired is not None else -1

    def spend(self, steps: int = 1) -> None:
        """Count steps before they are taken. Raises BudgetSpent when there are not so many left."""
        self._steps -= steps
        if self._steps < 0:
            raise BudgetSpent
        if self._steps < self._look and self._expired is not None:
            self._look = self._steps - LOOKS
            if self._expired():
                raise BudgetSpent
