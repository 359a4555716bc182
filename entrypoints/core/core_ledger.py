"""The ledger of one core: where its database is, what it asks upstream, how it is swept and reconciled."""

from contextlib import suppress
from dataclasses import replace

from adapters.disk.ledger_journal import DiskLedgerJournal
from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.egress.base_url import InvalidBaseUrl
from domain.limits import LEDGER_JOURNAL_BYTES
from domain.request.turn_request import TurnRequest
from domain.services.keep_ledger import KeepLedger
from domain.services.keep_unwritten import KeepUnwritten
from domain.services.look_up_bills import LookUpBills
from domain.services.reconcile_ledger import Books, ReconcileLedger, ReconcilePlan
from domain.services.share_costs import ShareCosts
from domain.services.sum_spending import SumSpending
from domain.services.sweep_ledger import LedgerPlan, SweepLedger, SweptLedger
from entrypoints.core.foundation import Foundation
from entrypoints.core.policy import longest_attempt, usable_route
from entrypoints.core.shared_stores import SharedCostSnapshots, SharedLeases
from entrypoints.core.storage_lazy import LazyLedger
from entrypoints.settings import Settings
from entrypoints.settings_derived import once
from ports.generations import Generations
from ports.ledger_journal import LedgerJournal
from ports.upstream_figures import UpstreamFigures


class CoreLedger:
    """Keeps and sweeps the ledger in the database of a storage. Belongs to one event loop."""

    def __init__(self, base: Foundation, generations: Generations, figures: UpstreamFigures) -> None:
        clock, ids, telemetry, location = base.clock, base.ids, base.telemetry, base.location
        storage, store, self._redis = base.storage, base.store, base.redis
        journals: tuple[LedgerJournal, ...] = (MemoryLedgerJournal(),)
        if location.folder is not None:
            journals = (DiskLedgerJournal(location.folder, ids.new_id(), LEDGER_JOURNAL_BYTES), *journals)
        self._storage = storage
        stored, unwritten = LazyLedger(storage), KeepUnwritten(journals, clock, telemetry)
        self.keeper = KeepLedger(stored, unwritten, store=store, telemetry=telemetry)
        self.sums = SumSpending(stored, self.keeper, store, telemetry)
        bills = LookUpBills(generations, clock, self.keeper.note)
        self.keeper.bills = bills
        self.sweeper = SweepLedger(opened=self._swept, bills=bills, clock=clock, ids=ids, telemetry=telemetry)
        self.reconciler = ReconcileLedger(
            opened=self._books, figures=figures, bills=bills, clock=clock, ids=ids, telemetry=telemetry
        )
        self.costs = ShareCosts(SharedCostSnapshots(base.redis), telemetry, telemetry.metrics)

    def follow(self, request: TurnRequest, settings: Settings) -> None:
        """Sweep and reconcile from now on what the turns of this request's namespace book."""
        namespace = request.ledger.namespace
        if namespace and self.sweeper.is_due(namespace):
            with suppress(InvalidBaseUrl):  # the turn itself reports that; no key goes to such an address
                route = usable_route(settings)
                plan = LedgerPlan(namespace, route, settings.ledger_retention_days, longest_attempt(settings))
                self.sweeper.begin(plan)
        if namespace and settings.api_key.reveal():
            with suppress(InvalidBaseUrl):
                self.reconciler.begin(reconcile_plan_of(settings))

    async def aclose(self) -> None:
        """Stop sweeping and write what waits; call it once no turn runs any more."""
        await self.sums.aclose()
        await self.sweeper.aclose()
        await self.reconciler.aclose()
        await self.keeper.aclose()
        await self.costs.aclose()

    async def _books(self) -> Books | None:
        stores = await self._storage.stores()
        if stores.read_only or stores.books.ledger is None or stores.books.reconciliations is None:
            return None
        return Books(stores.books.ledger, stores.books.reconciliations, SharedLeases(self._redis, stores.leases))

    async def _swept(self) -> SweptLedger | None:
        stores = await self._storage.stores()
        if stores.location is None or stores.read_only or stores.books.ledger is None:
            return None
        return SweptLedger(stores.books.ledger, SharedLeases(self._redis, stores.leases))


@once
def reconcile_plan_of(settings: Settings) -> ReconcilePlan:
    """Return how the operator's key is reconciled. Raises InvalidBaseUrl."""
    route, management = usable_route(settings), settings.management_key.reveal()
    asked = replace(route, api_key=management) if management else None
    return ReconcilePlan(route, asked, settings.ledger_retention_days)
