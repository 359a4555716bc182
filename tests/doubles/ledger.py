"""A ledger that a test breaks, and upstream's records of calls."""

import asyncio
from collections.abc import Collection
from datetime import datetime

from adapters.memory.ledger import MemoryLedger
from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.services.keep_unwritten import KeepUnwritten
from ports.clock import Clock
from ports.generations import GenerationRecord, GenerationsUnavailable
from ports.ledger import Entry, LedgerUnavailable
from ports.responses import Route
from ports.telemetry import Telemetry
from ports.usage import Paid


def unwritten_in_memory(clock: Clock, telemetry: Telemetry) -> KeepUnwritten:
    """Return what keeps entries that a ledger does not take, in a journal in memory."""
    return KeepUnwritten((MemoryLedgerJournal(),), clock, telemetry)


class BreakableLedger(MemoryLedger):
    """A ledger in memory. `broken`: the reason why writes fail; `gate`: what they wait for; `writes`: all batches.

    `unreadable` and `reading`: the same for sums.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken = ""
        self.refused: set[str] = set()  # turns whose entries are refused
        self.gate: asyncio.Event | None = None
        self.writes: list[tuple[Entry, ...]] = []
        self.unreadable = ""
        self.reading: asyncio.Event | None = None

    async def write(self, entries: Collection[Entry]) -> None:
        """Fail, wait or store, as the test wants it."""
        if self.gate is not None:
            await self.gate.wait()
        if self.broken:
            raise LedgerUnavailable(self.broken)
        if any(entry.turn_id in self.refused for entry in entries):
            raise LedgerUnavailable("refused")
        self.writes.append(tuple(entries))
        await super().write(entries)

    async def paid(
        self, namespace: str, user_id: str, *, chat_id: str = "", since: datetime | None = None, but_turn: str = ""
    ) -> Paid:
        """Fail, wait or add up, as the test wants it."""
        if self.reading is not None:
            await self.reading.wait()
        if self.unreadable:
            raise LedgerUnavailable(self.unreadable)
        return await super().paid(namespace, user_id, chat_id=chat_id, since=since, but_turn=but_turn)


class RecordedGenerations:
    """Implements Generations from a dict of records; `asked` lists the ids; `broken` fails every look."""

    def __init__(self, *records: GenerationRecord) -> None:
        self.records = {record.generation_id: record for record in records}
        self.asked: list[str] = []
        self.broken = False

    async def find(self, route: Route, generation_id: str) -> GenerationRecord | None:
        """Return a record."""
        self.asked.append(generation_id)
        if self.broken:
            raise GenerationsUnavailable("broken")
        return self.records.get(generation_id)
