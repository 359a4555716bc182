"""The state of circuit breakers, stored where all processes that share them can reach it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable


class BreakerStateUnavailable(Exception):
    """The state cannot be read or stored now. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"breaker state: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredBreaker:
    """One stored text, and its version."""

    key: str
    text: str = field(repr=False)
    version: int


@runtime_checkable
class BreakerState(Protocol):
    """Stores one short text per key, changed by compare-and-swap. Safe to use from many tasks and processes at once.

    Keys have at most 200 characters, texts at most 8,192. Every change increases the key's version.
    """

    async def load(self, key: str) -> tuple[str, int]:
        """Return text and version; ("", 0) if nothing is stored. Raises BreakerStateUnavailable."""
        ...

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Replace the text if its version is still `version` (0: none stored); otherwise return False.

        `now` (aware) becomes the time of the last change. Of any number of callers with the same version, exactly one
        gets True. Raises BreakerStateUnavailable.
        """
        ...

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` texts last changed before a time; return how many. Raises BreakerStateUnavailable."""
        ...


@runtime_checkable
class BreakerChanges(Protocol):
    """Tells one process what all of them have changed."""

    async def changed_since(self, since: datetime, limit: int) -> tuple[StoredBreaker, ...]:
        """Return up to `limit` texts last changed at `since` (aware) or later, newest first.

        The time of a change is that of the process that made it. Raises BreakerStateUnavailable.
        """
        ...


@runtime_checkable
class FollowedBreakerState(BreakerState, BreakerChanges, Protocol):
    """A state that processes share and may follow."""
