"""Keep the entries that the ledger does not take, until it does: in a journal, and in the next one where that fails.

A journal is a file on a disk that may be full, read-only or stuck: no turn waits for it longer than a moment, and then
the entries are kept in memory.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from domain.services.store_budget import TIMEOUT, within
from ports.clock import Clock
from ports.ledger import Entry
from ports.ledger_journal import JournalUnavailable, LedgerJournal, Writer
from ports.telemetry import Telemetry

JOURNAL_SECONDS = 1.0
"""Seconds that a journal may take for entries; while one takes longer, nothing more is passed to it."""
FULL = "full"


@dataclass(slots=True)
class _Outage:
    """What was reported while the ledger failed, and how many entries were lost."""

    kept: bool = False
    journal: str = ""
    lost: int = 0


class KeepUnwritten:
    """The use case; belongs to one event loop. What one journal does not take goes to the next one.

    `waits`: there may be something to replay; an earlier process may have left some.
    """

    def __init__(self, journals: tuple[LedgerJournal, ...], clock: Clock, telemetry: Telemetry) -> None:
        self._journals, self._clock, self._telemetry = journals, clock, telemetry
        self._outage: _Outage | None = None
        self._appending: dict[asyncio.Task[int], LedgerJournal] = {}
        self._stuck: set[LedgerJournal] = set()
        self.waits = True

    async def keep(self, entries: Sequence[Entry], reason: str = "") -> None:
        """Keep entries, or count them as lost if no journal takes them; report each outage once.

        Without a `reason` it is not known to be one: only losses are reported.
        """
        outage = self._outage = self._outage or _Outage()
        left, journal = entries, ""
        for place in self._journals:
            taken, trouble = await self._appended(place, left)
            left = left[taken:]
            if not left:
                break
            journal = journal or trouble
        self.waits = True
        kept = len(entries) - len(left)
        if reason and kept and (not outage.kept or (journal and not outage.journal)):
            outage.kept, outage.journal = True, journal
            more = {"journal": journal} if journal else {}
            self._telemetry.event("warning", "ledger_entries_wait", reason=reason, entries=kept, **more)
        if left:
            self.lose(len(left), f"{reason}; {journal}".removeprefix("; "))

    def lose(self, count: int, reason: str) -> None:
        """Count entries that are nowhere."""
        outage = self._outage = self._outage or _Outage()
        if not outage.lost:
            self._telemetry.event("error", "ledger_entries_lost", entries=count, reason=reason)
        outage.lost += count

    async def replay(self, write: Writer) -> None:
        """Pass everything to `write`; the outage is over then. Raises what `write` raises, and JournalUnavailable."""
        self.waits = False
        replayed = 0
        try:
            for journal in reversed(self._journals):  # what is in memory ends with the process
                replayed += await journal.replay(write)
        except BaseException:
            self.waits = True
            raise
        outage, self._outage = self._outage or _Outage(), None
        if replayed or outage.lost:
            self._telemetry.event("info", "ledger_entries_replayed", entries=replayed, lost=outage.lost)

    async def aclose(self) -> None:
        """Close the journals, but none that is stuck: a thread still writes to it."""
        for journal in self._journals:
            if journal not in self._stuck:
                await journal.aclose()
        late = list(self._appending)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    # --- details ------------------------------------------------------------------------------------------

    async def _appended(self, journal: LedgerJournal, entries: Sequence[Entry]) -> tuple[int, str]:
        """Return how many entries a journal took, and why not all."""
        if journal in self._stuck:
            return 0, TIMEOUT
        work = asyncio.get_running_loop().create_task(_append(journal, entries), name="openrouter-pipe-ledger-journal")
        self._appending[work] = journal
        work.add_done_callback(self._answered)
        try:
            async with within(self._clock, JOURNAL_SECONDS):
                return await asyncio.shield(work), FULL
        except TimeoutError:
            self._stuck.add(journal)
            return 0, TIMEOUT
        except JournalUnavailable as error:
            return 0, error.reason

    def _answered(self, work: "asyncio.Task[int]") -> None:
        self._stuck.discard(self._appending.pop(work))
        if not work.cancelled():
            work.exception()  # whoever waited has read it; if nobody did, the entries are in the next journal


async def _append(journal: LedgerJournal, entries: Sequence[Entry]) -> int:
    return await journal.append(entries)
