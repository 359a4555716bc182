"""Identifiers and randomness, injected so that the core stays deterministic."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Ids(Protocol):
    """Generates unique identifiers."""

    def new_id(self) -> str:
        """Return a standard ULID: 26 characters of Crockford base32, sortable by time."""
        ...

    def new_error_id(self) -> str:
        """Return 16 hexadecimal characters that users quote to support and operators find in the log."""
        ...

    def jitter(self) -> float:
        """Return a random number in [0, 1) to spread retries and timers."""
        ...
