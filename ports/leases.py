"""Work that only one process at a time may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Lease:
    """A right to do `name` until `expires_at` (aware, UTC). `fence` grows with every holder, never repeats."""

    name: str
    owner: str
    fence: int
    expires_at: datetime


class LeasesUnavailable(Exception):
    """The store cannot be reached or written: nobody gets a lease. `reason` holds no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"leases: {reason}")
        self.reason = reason


@runtime_checkable
class Leases(Protocol):
    """Hands out leases. Safe to use from many processes at once: of any number of callers exactly one gets it."""

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take a lease that is free or expired at `now`; None while another owner holds it. Raises LeasesUnavailable.

        The owner of a living lease gets it prolonged, with the same fence.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give it back early; one that was lost meanwhile stays with its new owner. Raises LeasesUnavailable."""
        ...
