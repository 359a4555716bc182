"""Keep the ledger: store the entries of attempts in batches, off the path of the words, and never lose one silently.

One writer task stores what waits, in one transaction: while one batch is being committed, the next one gathers. If the
store fails, the turns go on and the entries wait in journals, which are replayed after the next write that succeeds.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from domain.services.keep_unwritten import FULL, KeepUnwritten
from domain.services.look_up_bills import LookUpBills
from domain.services.store_budget import StoreBudget, StoreHealth, StoreTrouble
from ports.ledger import FOLLOWERS, OPENING, Entry, Key, LedgerEntries
from ports.ledger_journal import JournalUnavailable
from ports.retention import REFUSED
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

WRITE_SECONDS = 3.0
"""Seconds that one batch may take; no turn waits that long."""
PATIENCE_SECONDS = 1.0
"""Seconds that an attempt waits for the store before its entry goes to the journal as well."""
LATER_SECONDS = 0.05
"""What nobody waits for is written this much later: not while the first or the last words are on their way."""
BATCH = 500
MOST_WAITING = 10_000
CLOSE_SECONDS = 5.0
FAILED = "ledger_failed"


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    done: asyncio.Event = field(default_factory=asyncio.Event)


class KeepLedger:
    """The use case; belongs to one event loop. `store` is the health of the store that holds the ledger.

    Its failures are reported by `unwritten`, once per outage.
    """

    def __init__(
        self,
        ledger: LedgerEntries,
        unwritten: KeepUnwritten,
        *,
        store: StoreHealth,
        telemetry: Telemetry,
        bills: LookUpBills | None = None,
    ) -> None:
        self._ledger, self._unwritten, self._store, self._telemetry = ledger, unwritten, store, telemetry
        self.bills, self.clock = bills, store.clock
        self._waiting: dict[Key, _Waiting] = {}
        self._writer: asyncio.Task[None] | None = None
        self._timer: Callable[[], None] | None = None
        self._replaying: asyncio.Task[None] | None = None
        self._newest: asyncio.Event | None = None

    def note(self, entry: Entry, *, at_once: bool = False) -> asyncio.Event:
        """Store an entry soon; the result is set once it is in the store or the journal, or was lost and counted.

        Costs the caller microseconds; a newer state of an entry that still waits replaces it. `at_once`: somebody waits
        for it.
        """
        if self._writer is None and self._timer is None and not at_once:
            self._timer = self.clock.call_at(self.clock.monotonic() + LATER_SECONDS, self._due)
        known = self._waiting.get(entry.key)
        if known is not None:
            if entry.state in FOLLOWERS[known.entry.state]:
                known.entry = entry
            return known.done
        waiting = _Waiting(entry)
        if len(self._waiting) >= MOST_WAITING:
            self._unwritten.lose(1, FULL)
            waiting.done.set()
            return waiting.done
        self._waiting[entry.key], self._newest = waiting, waiting.done
        if at_once:
            self._begin()
        return waiting.done

    async def stored(self, entry: Entry, done: asyncio.Event, time: StoreBudget | None = None) -> None:
        """Return once an entry is in the store or a journal: after PATIENCE_SECONDS it goes to a journal itself.

        `time` is what the store may add to the turn; an entry that is nowhere by then still waits to be written.
        """
        if done.is_set():
            return
        time = time or StoreBudget(self._store)
        try:
            async with time.spent(PATIENCE_SECONDS):
                await done.wait()
        except TimeoutError:
            with suppress(TimeoutError):
                async with time.spent():
                    await self._unwritten.keep([entry])  # whether the store fails, the writer will know

    async def caught_up(self) -> None:
        """Return once all that was noted until now is in the store or the journal, or was lost."""
        if self._newest is not None and not self._newest.is_set():  # entries are stored in their order
            self._begin()
            await self._newest.wait()

    async def drained(self) -> None:
        """Return once nothing waits to be written, in the journal neither unless the store fails."""
        while (task := self._begin() or self._replaying) is not None:
            await asyncio.wait((task,))

    async def aclose(self) -> None:
        """Stop asking for bills, write what waits, for a few seconds at most, and close the journals."""
        if self.bills is not None:
            await self.bills.aclose()
        for running in (self._begin, lambda: self._replaying):  # the writer may begin to replay
            if (task := running()) is not None:
                await asyncio.wait((task,), timeout=CLOSE_SECONDS)
                task.cancel()
                await asyncio.wait((task,))
        if self._waiting:
            await self._unwritten.keep([one.entry for one in self._waiting.values()], "closed")
        await self._unwritten.aclose()

    # --- details ------------------------------------------------------------------------------------------

    def _due(self) -> None:
        self._begin()

    def _begin(self) -> "asyncio.Task[None] | None":
        """Start to write what waits, if something does; return the task that writes."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer()
        if self._writer is None and self._waiting:
            work = self._write_all()
            self._writer = asyncio.get_running_loop().create_task(
                work, name="openrouter-pipe-ledger", context=of_no_turn()
            )
        return self._writer

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[:BATCH]
                batch = [self._waiting.pop(key) for key in keys]
                try:
                    await self._write([one.entry for one in batch])
                finally:
                    for one in batch:
                        one.done.set()
        finally:
            self._writer = None

    async def _write(self, entries: Sequence[Entry]) -> None:
        try:
            await self._put(entries)
        except StoreTrouble as trouble:
            await self._unwritten.keep(entries, "" if trouble.reason == OPENING else trouble.reason)
        except asyncio.CancelledError:  # the core closes and the store hangs
            await self._unwritten.keep(entries, "closed")
            raise
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: a defect must lose no money
            self._telemetry.event("error", FAILED, reason=type(defect).__name__)
            await self._unwritten.keep(entries, type(defect).__name__)
        else:
            if self._unwritten.waits and self._replaying is None:
                work = self._replay()
                self._replaying = asyncio.get_running_loop().create_task(
                    work, name="openrouter-pipe-ledger-replay", context=of_no_turn()
                )

    async def _put(self, entries: Sequence[Entry]) -> None:
        """Store entries; one that the store refuses for itself is counted as lost, the others are stored.

        Raises StoreTrouble.
        """
        self._store.admit(writes=True)
        try:
            await self._put_watched(entries)
        except StoreTrouble as trouble:
            if trouble.reason != REFUSED:
                raise
            if len(entries) == 1:
                self._unwritten.lose(1, trouble.reason)
                return
            for entry in entries:
                await self._put([entry])

    async def _put_watched(self, entries: Sequence[Entry]) -> None:
        async with self._store.watched("", writes=True, seconds=WRITE_SECONDS):
            await self._ledger.write(entries)

    async def _replay(self) -> None:
        """Store what waits in the journals, also that of processes that died. A failure waits for the next write."""
        try:
            await self._unwritten.replay(self._put)
        except (StoreTrouble, JournalUnavailable):
            pass
        finally:
            self._replaying = None
