"""Leases: work that only one process at a time may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do `name` until `expires_at` (aware, UTC). `fence` grows with every new holder and never repeats.

    It is at least `least_fence` of the moment it was granted, so it grows from one store to the next as well, and where
    a store lost its data.
    """

    name: str
    owner: str
    fence: int
    expires_at: datetime


def least_fence(now: datetime) -> int:
    """Return the smallest fence of a lease that is granted at `now`: milliseconds since 1970."""
    return int(now.timestamp() * 1_000)


class LeasesUnavailable(Exception):
    """The store cannot be reached or written: no lease is granted. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"leases: {reason}")
        self.reason = reason


@runtime_checkable
class Leases(Protocol):
    """Grants leases. Safe to use from many processes at once: exactly one of any number of callers gets the lease."""

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take a lease that is free or expired at `now`; None while another owner holds it. Raises LeasesUnavailable.

        The current owner extends its lease and keeps the same fence.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Release the lease early; do nothing if another owner holds it by now. Raises LeasesUnavailable."""
        ...
