"""Where entries of the ledger wait while the ledger itself cannot be written."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, runtime_checkable

from ports.ledger import Entry

Writer = Callable[[Sequence[Entry]], Awaitable[None]]
"""Writes entries to the ledger; the same entry may come twice."""


class JournalUnavailable(Exception):
    """The journal cannot be written or read. `reason` contains no data."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"journal of the ledger: {reason}")
        self.reason = reason


@runtime_checkable
class LedgerJournal(Protocol):
    """Keeps entries, bounded in bytes or number. Belongs to one event loop; each process has a journal of its own."""

    async def append(self, entries: Sequence[Entry]) -> int:
        """Keep entries and return how many found room; durable once it returns, if it is on a disk.

        Raises JournalUnavailable, and then nothing was kept.
        """
        ...

    async def replay(self, write: Writer) -> int:
        """Pass all kept entries to `write`, oldest first, those of processes that died too, and forget them after.

        Return how many. Raises what `write` raises, and JournalUnavailable; what was not written is kept.
        """
        ...

    async def aclose(self) -> None:
        """Leave what is kept to the next process."""
        ...
