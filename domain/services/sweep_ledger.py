"""Sweep the ledger in the background: end the entries of processes that died, and delete old ones.

One process at a time, by lease. An entry whose call upstream has named gets the figures of upstream's record; one
without a name was perhaps never sent, nobody knows, and keeps the estimate that its start was written with. So does one
that a person's own key paid for: upstream shows its record to that key alone, which is not kept.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.limits import LEDGER_DAYS, LONGEST_ATTEMPT
from domain.services.background_pass import BackgroundPass, Frame, HeldLease
from domain.services.look_up_bills import LookUpBills
from domain.usage.entries import given_up
from ports.clock import Clock
from ports.generations import GenerationsUnavailable
from ports.ids import Ids
from ports.leases import Leases
from ports.ledger import Entry, EntryState, LedgerUnavailable, UsageLedger
from ports.responses import Route
from ports.telemetry import Telemetry

EVERY_SECONDS = 600.0
FRAME = Frame("ledger", "sweep-ledger", "ledger_not_swept", (LedgerUnavailable,), first_after=20.0)
"""The first pass comes soon: after a crash the next worker ends what the dead one left."""
BATCH = 500
PAUSE = 0.05
GIVE_UP = timedelta(days=2)
"""How long upstream is asked again for a record while it cannot be reached."""


@dataclass(frozen=True, slots=True)
class LedgerPlan:
    """How one namespace is swept: entries are kept for `days`; `route` is asked for records of calls.

    An attempt that began `longest` seconds ago and has no end is one of a process that died.
    """

    namespace: str
    route: Route
    days: int = LEDGER_DAYS
    longest: float = LONGEST_ATTEMPT


@dataclass(frozen=True, slots=True)
class SweptLedger:
    """A ledger that may be written, and the leases beside it."""

    ledger: UsageLedger
    leases: Leases


@dataclass(slots=True)
class _Tally:
    settled: int = 0
    estimated: int = 0
    deleted: int = 0


class SweepLedger:
    """The use case; belongs to one event loop. `opened` returns the ledger, None while it must not be written."""

    def __init__(
        self,
        *,
        opened: Callable[[], Awaitable[SweptLedger | None]],
        bills: LookUpBills,
        clock: Clock,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._opened, self._bills = opened, bills
        self._clock, self._telemetry = clock, telemetry
        self._passes = BackgroundPass(FRAME, clock, ids, telemetry)

    def is_due(self, namespace: str) -> bool:
        """Return whether a namespace is to be swept: soon after its first turn, then from time to time."""
        return self._passes.is_due(namespace)

    def begin(self, plan: LedgerPlan) -> None:
        """Start to sweep a namespace in the background if it is due."""
        self._passes.begin(plan.namespace, EVERY_SECONDS, EVERY_SECONDS / 4, lambda: self.sweep(plan))

    async def aclose(self) -> None:
        """Stop and wait until it has stopped."""
        await self._passes.aclose()

    async def sweep(self, plan: LedgerPlan) -> None:
        """Sweep once, unless another process does. Raises nothing but cancellation."""
        tally = _Tally()

        async def work(store: SweptLedger, held: HeldLease) -> None:
            await self._pass(store.ledger, held, plan, tally)

        await self._passes.run(plan.namespace, self._opened, work)
        if tally != _Tally():
            counts = {"settled": tally.settled, "estimated": tally.estimated, "deleted": tally.deleted}
            self._telemetry.event("info", "ledger_swept", namespace=plan.namespace, **counts)

    # --- details ------------------------------------------------------------------------------------------

    async def _pass(self, ledger: UsageLedger, held: HeldLease, plan: LedgerPlan, tally: _Tally) -> None:
        now = self._clock.now()
        before = now - timedelta(seconds=plan.longest)
        while entries := await ledger.unfinished(plan.namespace, before, BATCH):
            ends = await self._ends(held, plan, entries, now)
            await ledger.write(ends)
            tally.settled += sum(end.state is EntryState.SETTLED for end in ends)
            tally.estimated += sum(end.state is EntryState.ESTIMATED for end in ends)
            if len(ends) < len(entries):  # upstream cannot be reached: the others wait for the next pass
                break
            await self._paused(held)
        while done := await ledger.delete_before(plan.namespace, now - timedelta(days=plan.days), BATCH):
            tally.deleted += done
            await self._paused(held)

    async def _ends(self, held: HeldLease, plan: LedgerPlan, entries: tuple[Entry, ...], now: datetime) -> list[Entry]:
        """Return the entries that end now."""
        ends: list[Entry] = []
        reachable = True
        for entry in entries:
            found: Entry | None = None
            named = bool(entry.generation_id) and not entry.own_key
            if named and reachable:
                try:
                    found = await self._bills.find(plan.route, entry)
                except GenerationsUnavailable as error:
                    reachable = error.status is not None  # an answer concerns this record only
                    if entry.started_at > now - GIVE_UP:
                        continue
                await held.renew()
            elif named and entry.started_at > now - GIVE_UP:
                continue
            ends.append(found or given_up(entry, now))
        return ends

    async def _paused(self, held: HeldLease) -> None:
        await self._clock.sleep_until(self._clock.monotonic() + PAUSE)
        await held.renew()
