"""Results of reconciling in the memory of one process."""

from collections.abc import Collection
from datetime import date

from ports.reconciliations import Reconciled

Day = tuple[date, str]


class MemoryReconciliations:
    """Implements Reconciliations; holds at most `most` days of all keys, the newest ones."""

    def __init__(self, *, most: int = 1_000) -> None:
        self._days: dict[Day, tuple[Reconciled, ...]] = {}
        self._most = most

    async def replace(self, rows: Collection[Reconciled]) -> None:
        """Replace a day."""
        for row in rows:
            self._days.pop((row.day, row.key_id), None)
        for row in rows:
            day = row.day, row.key_id
            self._days[day] = (*self._days.get(day, ()), row)
        while len(self._days) > self._most:
            del self._days[min(self._days)]

    async def between(self, since: date, until: date, limit: int) -> tuple[Reconciled, ...]:
        """Search the days."""
        found = [row for rows in self._days.values() for row in rows if since <= row.day <= until]
        return tuple(sorted(found, key=lambda row: (row.day, row.key_id, row.model))[:limit])

    async def delete_before(self, day: date) -> int:
        """Delete days."""
        old = [key for key in self._days if key[0] < day]
        return sum(len(self._days.pop(key)) for key in old)
