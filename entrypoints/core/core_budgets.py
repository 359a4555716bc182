"""The budgets of one core: where their counters are, which rules are in effect, and who is asked about people."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from domain.request.spending import Spending
from domain.services.alert_spending import AlertSpending
from domain.services.budget_turn import BudgetTurn
from domain.services.fetch_remote import FetchRemote
from domain.services.keep_holds import KeepHolds
from domain.services.known_people import KnownPeople
from entrypoints.core.budget_rules import BudgetRules
from entrypoints.core.foundation import Foundation
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyLedger
from entrypoints.core.stored_budgets import StoredBudgets
from entrypoints.sentences.budgets import alert_words
from entrypoints.settings_rows import SettingProblem
from ports.budget_rules import BudgetRuleStore
from ports.budgets import Balance, Budgets, BudgetsUnavailable, Change, Claim, Granted, Orphan
from ports.people import People


class LazyBudgets:
    """Implements Budgets in the database of a storage, opened with the first call; in memory where there is none.

    A database that cannot be opened is not replaced by the memory, where nothing is counted together.
    """

    def __init__(self, storage: Storage, *, in_database: bool) -> None:
        self._storage, self._in_database = storage, in_database

    async def reserve(
        self, namespace: str, turn_id: str, claims: Collection[Claim], holder: str, until: datetime
    ) -> Granted:
        """Reserve claims."""
        return await (await self._opened()).reserve(namespace, turn_id, claims, holder, until)

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        """Post charges."""
        return await (await self._opened()).post(namespace, turn_id, charges)

    async def void(self, namespace: str, turn_id: str) -> None:
        """Void a reservation."""
        await (await self._opened()).void(namespace, turn_id)

    async def extend(self, namespace: str, holder: str, until: datetime) -> int:
        """Extend reservations."""
        return await (await self._opened()).extend(namespace, holder, until)

    async def expire(self, namespace: str, now: datetime, limit: int) -> tuple[Orphan, ...]:
        """Expire reservations."""
        return await (await self._opened()).expire(namespace, now, limit)

    async def read(self, namespace: str, accounts: Collection[str]) -> tuple[Balance, ...]:
        """Read balances."""
        return await (await self._opened()).read(namespace, accounts)

    async def _opened(self) -> Budgets:
        stores = await self._storage.stores()
        if self._in_database and stores.location is None:
            raise BudgetsUnavailable("not open")
        return stores.books.budgets


class CoreBudgets:
    """Budgets in the database of a storage. Belongs to one event loop. `booked`: as `BudgetTurn` takes it."""

    def __init__(
        self,
        base: Foundation,
        remote: FetchRemote,
        people: People | None,
        booked: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._storage, store, telemetry = base.storage, base.store, base.telemetry
        budgets = LazyBudgets(base.storage, in_database=bool(base.location.url))
        ledger = LazyLedger(base.storage) if base.location.url else None
        stored = StoredBudgets(self._stored, clock=base.clock, offload=base.offload, telemetry=telemetry)
        self._rules = BudgetRules(stored, people, clock=base.clock, offload=base.offload, telemetry=telemetry)
        self.holds = KeepHolds(budgets, ledger, store=store, ids=base.ids, telemetry=telemetry)
        known = KnownPeople(people, base.clock, telemetry)
        self._alerts = AlertSpending(remote, base.clock, telemetry, alert_words)
        self.turns = BudgetTurn(budgets, self._rules.book, known, self.holds, self._alerts.alert, booked)

    async def problems(self, spending: Spending) -> tuple[SettingProblem, ...]:
        """Return what is wrong with the settings of budgets; reads nothing while there are none."""
        if not spending.budgets and spending.zone == "UTC":
            return ()
        return await self._rules.problems(spending)

    async def aclose(self) -> None:
        """Settle what waits and stop; call it once no turn runs any more."""
        await self._rules.aclose()
        await self.turns.aclose()
        await self.holds.aclose()
        await self._alerts.aclose()  # what was settled last may have crossed a threshold

    async def _stored(self, opens: bool) -> BudgetRuleStore | None:
        if not opens and not self._storage.is_open:
            return None
        return (await self._storage.stores()).books.budget_rules
