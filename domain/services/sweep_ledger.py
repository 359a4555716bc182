"""Sweep the ledger in the background: end the entries of processes that died, and delete old ones.

One process at a time, by lease. An entry whose call upstream has named gets the figures of upstream's record; one
without a name was perhaps never sent, nobody knows, and keeps the estimate that its start was written with.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.limits import LEDGER_DAYS, LONGEST_ATTEMPT
from domain.services.look_up_bills import LookUpBills
from domain.usage.entries import given_up
from ports.clock import Clock
from ports.generations import GenerationsUnavailable
from ports.ids import Ids
from ports.leases import Lease, Leases, LeasesUnavailable
from ports.ledger import Entry, EntryState, LedgerUnavailable, UsageLedger
from ports.responses import Route
from ports.telemetry import Telemetry

LEASE_SECONDS = 300.0
EVERY_SECONDS, FIRST_AFTER = 600.0, 20.0
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


class _Overtaken(Exception):
    """Another process holds the lease now."""


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
        self._clock, self._ids, self._telemetry = clock, ids, telemetry
        self._owner = ids.new_id()
        self._due: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._complaint = ""
        self._over = False

    def is_due(self, namespace: str) -> bool:
        """Return whether a namespace is to be swept: a minute after its first turn, then from time to time."""
        now = self._clock.monotonic()
        due = self._due.setdefault(namespace, now + FIRST_AFTER * (1 + self._ids.jitter()))
        return now >= due and namespace not in self._tasks and not self._over

    def begin(self, plan: LedgerPlan) -> None:
        """Start to sweep a namespace in the background if it is due."""
        if self.is_due(plan.namespace):
            self._due[plan.namespace] = self._clock.monotonic() + EVERY_SECONDS * (1 + self._ids.jitter() / 4)
            task = asyncio.get_running_loop().create_task(self.sweep(plan), name="openrouter-pipe-sweep-ledger")
            self._tasks[plan.namespace] = task
            task.add_done_callback(lambda _: self._tasks.pop(plan.namespace, None))

    async def aclose(self) -> None:
        """Stop and wait until it has stopped."""
        self._over = True
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def sweep(self, plan: LedgerPlan) -> None:
        """Sweep once, unless another process does. Raises nothing but cancellation."""
        tally = _Tally()
        try:
            store = await self._opened()
            lease = await self._leased(store.leases, plan) if store is not None else None
            if store is None or lease is None:
                return
            try:
                await self._pass(store, plan, tally)
            except _Overtaken:
                pass  # the other process does the rest
            finally:
                await asyncio.shield(self._give_back(store.leases, lease))
        except (LedgerUnavailable, LeasesUnavailable) as error:
            self._complain(error.reason)
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: else nothing reports it
            self._complain(type(defect).__name__)
        else:
            self._complaint = ""
        if tally != _Tally():
            counts = {"settled": tally.settled, "estimated": tally.estimated, "deleted": tally.deleted}
            self._telemetry.event("info", "ledger_swept", namespace=plan.namespace, **counts)

    # --- details ------------------------------------------------------------------------------------------

    async def _leased(self, leases: Leases, plan: LedgerPlan) -> Lease | None:
        return await leases.take(f"ledger:{plan.namespace}", self._owner, self._clock.now(), LEASE_SECONDS)

    async def _hold(self, store: SweptLedger, plan: LedgerPlan) -> None:
        """Extend the lease. Raises _Overtaken if another process took it."""
        if await self._leased(store.leases, plan) is None:
            raise _Overtaken

    async def _give_back(self, leases: Leases, lease: Lease) -> None:
        try:
            await leases.release(lease)
        except LeasesUnavailable as error:  # the lease expires by itself
            self._complain(error.reason)

    async def _pass(self, store: SweptLedger, plan: LedgerPlan, tally: _Tally) -> None:
        ledger, now = store.ledger, self._clock.now()
        before = now - timedelta(seconds=plan.longest)
        while entries := await ledger.unfinished(plan.namespace, before, BATCH):
            ends = await self._ends(store, plan, entries, now)
            await ledger.write(ends)
            tally.settled += sum(end.state is EntryState.SETTLED for end in ends)
            tally.estimated += sum(end.state is EntryState.ESTIMATED for end in ends)
            if len(ends) < len(entries):  # upstream cannot be reached: the others wait for the next pass
                break
            await self._paused(store, plan)
        while done := await ledger.delete_before(plan.namespace, now - timedelta(days=plan.days), BATCH):
            tally.deleted += done
            await self._paused(store, plan)

    async def _ends(
        self, store: SweptLedger, plan: LedgerPlan, entries: tuple[Entry, ...], now: datetime
    ) -> list[Entry]:
        """Return the entries that end now."""
        ends: list[Entry] = []
        reachable = True
        for entry in entries:
            found: Entry | None = None
            if entry.generation_id and reachable:
                try:
                    found = await self._bills.find(plan.route, entry)
                except GenerationsUnavailable as error:
                    reachable = error.status is not None  # an answer concerns this record only
                    if entry.started_at > now - GIVE_UP:
                        continue
                await self._hold(store, plan)
            elif entry.generation_id and entry.started_at > now - GIVE_UP:
                continue
            ends.append(found or given_up(entry, now))
        return ends

    async def _paused(self, store: SweptLedger, plan: LedgerPlan) -> None:
        await self._clock.sleep_until(self._clock.monotonic() + PAUSE)
        await self._hold(store, plan)

    def _complain(self, about: str) -> None:
        if about != self._complaint:
            self._complaint = about
            self._telemetry.event("warning", "ledger_not_swept", reason=about)
