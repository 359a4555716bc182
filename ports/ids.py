"""Identifiers and chance, given from outside."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Ids(Protocol):
    """Makes identifiers that do not repeat."""

    def new_id(self) -> str:
        """Return a standard ULID: 26 characters of Crockford base32, sortable by time."""
        ...

    def new_error_id(self) -> str:
        """Return 16 hexadecimal characters: what people quote to support and find in the log."""
        ...

    def jitter(self) -> float:
        """Return a number in [0, 1) to spread retries and timers."""
        ...
