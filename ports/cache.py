"""A cache: small values that save work and may be lost at any time."""

from typing import Protocol, runtime_checkable

KEY_LIMIT = 200
"""Most characters of a key; a key has lower-case letters, digits and hyphens only."""


class CacheUnavailable(Exception):
    """The value cannot be read or stored now. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cache: {reason}")
        self.reason = reason


@runtime_checkable
class Cache(Protocol):
    """Stores one value of bytes per key. Safe to use from many tasks, event loops and processes at once.

    A value may be missing or damaged: readers must verify it. The oldest values are evicted for new ones. `name` is the
    storage's name in the log. `in_store`: the values are in the same database as all stores, and as slow as it is.
    """

    name: str
    in_store: bool

    async def get(self, key: str) -> bytes | None:
        """Return the newest value of `key`, None if there is none. Raises CacheUnavailable."""
        ...

    async def put(self, key: str, value: bytes) -> None:
        """Replace the value of `key` atomically. Raises CacheUnavailable."""
        ...
