"""The journal of the ledger in memory, where there is no disk for it."""

from collections import deque
from collections.abc import Sequence

from ports.ledger import Entry
from ports.ledger_journal import Writer

BATCH = 200


class MemoryLedgerJournal:
    """Implements LedgerJournal; what it keeps ends with the process. Beyond `most` entries none is kept."""

    def __init__(self, *, most: int = 5_000) -> None:
        self._entries: deque[Entry] = deque()
        self._most = most

    async def append(self, entries: Sequence[Entry]) -> int:
        """Keep entries."""
        kept = entries[: max(0, self._most - len(self._entries))]
        self._entries.extend(kept)
        return len(kept)

    async def replay(self, write: Writer) -> int:
        """Write and forget in batches."""
        count = 0
        while self._entries:
            batch = [self._entries[at] for at in range(min(BATCH, len(self._entries)))]
            await write(batch)
            for _ in batch:
                self._entries.popleft()
            count += len(batch)
        return count

    async def aclose(self) -> None:
        """Nothing is left to do."""
