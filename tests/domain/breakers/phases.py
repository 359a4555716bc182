"""The phase a breaker is in, as people speak of it."""

from enum import Enum

from domain.breakers.breaker import Breaker, ask
from domain.breakers.policy import Policy


class Phase(Enum):
    """CLOSED lets everyone through, OPEN nobody, HALF_OPEN one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


def phase_of(breaker: Breaker, now: int) -> Phase:
    """Tell the phase at `now` ms by asking a breaker that has lent no probe."""
    if breaker.opened_at is None:
        return Phase.CLOSED
    unlent = Breaker(breaker.failures, breaker.epoch, breaker.opened_at, breaker.cool_down, breaker.trips)
    return Phase.HALF_OPEN if ask(unlent, Policy(), now, "phase").allowed else Phase.OPEN
