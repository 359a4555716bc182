"""What breakers know, kept where all who share them can reach it."""

from datetime import datetime
from typing import Protocol, runtime_checkable


class BreakerStateUnavailable(Exception):
    """The state cannot be read or stored now. `reason` holds no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"breaker state: {reason}")
        self.reason = reason


@runtime_checkable
class BreakerState(Protocol):
    """Keeps one short text per key, changed by compare-and-swap. Safe to use from many tasks and processes at once.

    Keys have at most 200 characters, texts at most 8,192. Every change gives a key a version above those before.
    """

    async def load(self, key: str) -> tuple[str, int]:
        """Return text and version; ("", 0) where nothing is stored. Raises BreakerStateUnavailable."""
        ...

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Replace the text of `version` (0: there must be none), touched at `now` (aware); False if it changed since.

        Of any number of callers with one version exactly one is told True. Raises BreakerStateUnavailable.
        """
        ...

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete up to `limit` texts last touched before a time; return how many. Raises BreakerStateUnavailable."""
        ...
