"""Small values that are worth keeping and may be lost at any time."""

from typing import Protocol, runtime_checkable

KEY_LIMIT = 200
"""Characters of a key: lower-case letters, digits and hyphens."""


class CacheUnavailable(Exception):
    """The value cannot be read or stored now. `reason` holds no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"cache: {reason}")
        self.reason = reason


@runtime_checkable
class Cache(Protocol):
    """Keeps one value of bytes per key. Safe to use from many tasks, event loops and processes at once.

    A value may be gone, and it may be damaged: whoever reads it judges it. The oldest values make room for new ones.
    `name` says where the values are, for the log. `in_store`: they are in the database of all stores, and are slow when
    that is.
    """

    name: str
    in_store: bool

    async def get(self, key: str) -> bytes | None:
        """Return the newest value of `key`, None if there is none. Raises CacheUnavailable."""
        ...

    async def put(self, key: str, value: bytes) -> None:
        """Replace the value of `key`, whole or not at all. Raises CacheUnavailable."""
        ...
