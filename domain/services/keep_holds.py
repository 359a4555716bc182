"""Keep the reservations of this process alive, settle them, and settle what processes that vanished left.

One background task runs while the process holds anything. A settlement that the store did not take is tried again.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from domain.services.orphan_costs import OrphanCosts
from domain.services.owned_tasks import named
from domain.services.store_budget import StoreHealth, StoreTrouble
from ports.budgets import Budgets, Change, Claim, Orphan
from ports.ids import Ids
from ports.ledger import LedgerEntries
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

HOLD_SECONDS = 120.0
"""Seconds after which a reservation expires that nobody extends."""
BEAT_SECONDS = 30.0
POST_SECONDS = 5.0
MOST_UNSETTLED = 1_000
"""Settlements that wait for the store; beyond them the oldest without a reservation are dropped."""
ORPHANS = 100
FAILED = "budgets_unavailable"
TASK = "openrouter-pipe-budgets"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a turn is settled: its `charges` are posted; without any, its reservation is voided.

    `is_reserved`: the store has its reservation for certain. `posted` is called with what the charges changed, however
    late that is.
    """

    charges: tuple[Claim, ...]
    is_reserved: bool
    posted: Callable[[tuple[Change, ...]], None]


class KeepHolds:
    """The use case; belongs to one event loop. `ledger` knows what turns of vanished processes cost; None: nobody does.

    `holder` names this process in its reservations.
    """

    def __init__(
        self,
        budgets: Budgets,
        ledger: LedgerEntries | None,
        *,
        store: StoreHealth,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        self._budgets, self.store, self._telemetry = budgets, store, telemetry
        self._costs = OrphanCosts(ledger, store.clock) if ledger is not None else None
        self.clock, self.holder = store.clock, ids.new_id()
        self._held: dict[tuple[str, str], bool] = {}
        self._unsettled: dict[tuple[str, str], Settlement] = {}
        self._retrying = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._books = False

    def add(self, namespace: str, turn_id: str, *, books: bool) -> None:
        """Keep a reservation alive from now on. `books`: the ledger books the turns."""
        self._held[namespace, turn_id] = True
        self._books = books
        self._begin()

    async def settle(self, namespace: str, turn_id: str, settlement: Settlement) -> None:
        """Post the charges, or void the reservation without any. Never raises for the store: it is tried again."""
        was_held = self._held.pop((namespace, turn_id), None)
        if not settlement.charges and was_held is None:
            return
        try:
            await self._settled(namespace, turn_id, settlement)
        except StoreTrouble:
            self._wait(namespace, turn_id, settlement)
        else:
            await self._retry()  # the store is well again

    async def leave(self, namespace: str, turn_id: str, settlement: Settlement) -> None:
        """Reserve what a turn may have cost that ran without a reservation: it expires, and the ledger settles it.

        No limit counts. Never raises.
        """
        self._held.pop((namespace, turn_id), None)
        if not settlement.charges:
            return
        until = self.clock.now() + timedelta(seconds=HOLD_SECONDS)
        claims = [replace(charge, limit=None) for charge in settlement.charges]
        try:
            async with self.store.watched(FAILED, writes=True, seconds=POST_SECONDS):
                await self._budgets.reserve(namespace, turn_id, claims, self.holder, until)
        except StoreTrouble:
            self._wait(namespace, turn_id, settlement)

    async def tend(self, namespace: str, now: datetime) -> None:
        """Extend what this process holds, expire what nobody extends, and settle what that turned out to cost.

        Raises BudgetsUnavailable, LedgerUnavailable.
        """
        await self._budgets.extend(namespace, self.holder, now + timedelta(seconds=HOLD_SECONDS))
        while orphans := await self._budgets.expire(namespace, now, ORPHANS):
            settled = 0
            for orphan in orphans:
                charges = await self._cost(namespace, orphan)
                if charges:
                    await self._budgets.post(namespace, orphan.turn_id, charges)
                elif charges is not None:
                    await self._budgets.void(namespace, orphan.turn_id)
                if charges is not None:
                    self._forget(namespace, orphan.turn_id)
                    settled += 1
            if not settled:  # the ledger does not know yet what they cost
                return

    async def aclose(self) -> None:
        """Try once more to settle what waits, even if the store failed a moment ago, then stop."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
        await self._retry(asks=False)

    # --- details ------------------------------------------------------------------------------------------

    async def _settled(self, namespace: str, turn_id: str, settlement: Settlement, *, asks: bool = True) -> None:
        """Settle one turn. `asks`: a store that hung a moment ago is left alone. Raises StoreTrouble."""
        if asks:
            self.store.admit(writes=True)
        changes: tuple[Change, ...] = ()
        async with self.store.watched(FAILED, writes=True, seconds=POST_SECONDS):
            if settlement.charges:
                changes = await self._budgets.post(namespace, turn_id, settlement.charges)
            else:
                await self._budgets.void(namespace, turn_id)
        self._unsettled.pop((namespace, turn_id), None)
        if changes:
            settlement.posted(changes)

    def _wait(self, namespace: str, turn_id: str, settlement: Settlement) -> None:
        """Settle a turn later. This process would extend the reservation of a dropped one as long as it lives."""
        self._unsettled[namespace, turn_id] = settlement
        self._begin()
        if len(self._unsettled) > MOST_UNSETTLED:
            free = (key for key, one in self._unsettled.items() if not one.is_reserved)
            dropped = next(free, next(iter(self._unsettled)))
            is_reserved = self._unsettled.pop(dropped).is_reserved
            self._telemetry.event("error", "budget_charge_lost", turn=dropped[1], reserved=is_reserved)

    def _begin(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._beat(), name=TASK, context=of_no_turn())

    async def _beat(self) -> None:
        namespaces: set[str] = set()
        try:
            while True:
                namespaces |= {namespace for namespace, _ in self._held}
                await self.clock.sleep_until(self.clock.monotonic() + BEAT_SECONDS)
                for namespace in namespaces:
                    await self._safely(self._tended(namespace))
                await self._safely(self._retry())
                if not self._held and not self._unsettled:
                    return
        finally:
            self._task = None

    async def _cost(self, namespace: str, orphan: Orphan) -> Collection[Claim] | None:
        """Return what an orphan cost by the ledger, else what it reserved; None while the ledger does not know yet."""
        if (key := (namespace, orphan.turn_id)) in self._held or key in self._unsettled:
            return None
        if self._costs is None or not self._books:
            return orphan.claims
        return await self._costs.of(namespace, orphan)

    def _forget(self, namespace: str, turn_id: str) -> None:
        if self._costs is not None:
            self._costs.forget(namespace, turn_id)

    async def _retry(self, *, asks: bool = True) -> None:
        """Settle what waits, until the store fails. One at a time: whoever asks meanwhile need not wait for it."""
        if asks and self._retrying.locked():
            return
        async with self._retrying:
            for namespace, turn_id in list(self._unsettled):
                settlement = self._unsettled.get((namespace, turn_id))
                if settlement is None:
                    continue
                try:
                    await self._settled(namespace, turn_id, settlement, asks=asks)
                except StoreTrouble:
                    return

    async def _tended(self, namespace: str) -> None:
        """Tend within a limit. It is one for many statements, so nobody else skips the store if they take longer."""
        async with self.store.watched(FAILED, writes=True, seconds=POST_SECONDS, decides=False):
            await self.tend(namespace, self.clock.now())

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for work; whatever it fails with, the reservations of this process are kept alive afterwards too."""
        try:
            await work
        except StoreTrouble:  # logged by the health of the store
            pass
        except Exception as defect:  # noqa: BLE001 - the edge of a background task
            self._telemetry.event("error", "upkeep_failed", task=TASK, detail=named(defect))
