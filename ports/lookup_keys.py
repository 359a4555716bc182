"""The lasting key of digests that are looked up: one sealed key per namespace, in the database that has the rows."""

from typing import Protocol, runtime_checkable

from ports.cipher import Sealed


class LookupKeysUnavailable(Exception):
    """The key cannot be read or written. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"lookup keys: {reason}")
        self.reason = reason


@runtime_checkable
class LookupKeys(Protocol):
    """Stores one sealed key per namespace. Safe to use from many tasks and processes at once."""

    async def read(self, namespace: str) -> Sealed | None:
        """Return the stored key, None if there is none. Raises LookupKeysUnavailable."""
        ...

    async def read_or_insert(self, namespace: str, sealed: Sealed) -> Sealed:
        """Return the stored key; store `sealed` if there is none. Any number of callers agree on one key.

        Raises LookupKeysUnavailable.
        """
        ...

    async def reseal(self, namespace: str, before: Sealed, after: Sealed) -> bool:
        """Give the key another seal; False, with nothing changed, if its seal is not `before` any more.

        Raises LookupKeysUnavailable.
        """
        ...
