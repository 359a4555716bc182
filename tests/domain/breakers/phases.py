"""The phase of a breaker in the usual terms."""

from enum import Enum

from domain.breakers.breaker import Breaker, ask
from domain.breakers.policy import Policy


class Phase(Enum):
    """CLOSED admits every call, OPEN rejects every call, HALF_OPEN admits one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


def phase_of(breaker: Breaker, now: int) -> Phase:
    """Return the phase at `now` ms, by asking a breaker whose probe is not leased."""
    if breaker.opened_at is None:
        return Phase.CLOSED
    unlent = Breaker(breaker.failures, breaker.epoch, breaker.opened_at, breaker.cool_down, breaker.trips)
    return Phase.HALF_OPEN if ask(unlent, Policy(), now, "phase").allowed else Phase.OPEN
