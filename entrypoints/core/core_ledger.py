"""The ledger of one core: where its database is, what it asks upstream, and how it is swept."""

from contextlib import suppress

from adapters.disk.ledger_journal import DiskLedgerJournal
from adapters.memory.ledger_journal import MemoryLedgerJournal
from domain.egress.base_url import InvalidBaseUrl
from domain.limits import LEDGER_JOURNAL_BYTES
from domain.request.turn_request import TurnRequest
from domain.services.keep_ledger import KeepLedger
from domain.services.keep_unwritten import KeepUnwritten
from domain.services.look_up_bills import LookUpBills
from domain.services.store_budget import StoreHealth
from domain.services.sweep_ledger import LedgerPlan, SweepLedger, SweptLedger
from entrypoints.core.policy import longest_attempt, usable_route
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyLedger
from entrypoints.core.storage_location import StorageLocation
from entrypoints.settings import Settings
from ports.generations import Generations
from ports.ids import Ids
from ports.ledger_journal import LedgerJournal
from ports.telemetry import Telemetry


class CoreLedger:
    """Keeps and sweeps the ledger in the database of a storage. Belongs to one event loop."""

    def __init__(
        self,
        storage: Storage,
        location: StorageLocation,
        generations: Generations,
        store: StoreHealth,
        ids: Ids,
        telemetry: Telemetry,
    ) -> None:
        clock = store.clock
        journals: tuple[LedgerJournal, ...] = (MemoryLedgerJournal(),)
        if location.folder is not None:
            journals = (DiskLedgerJournal(location.folder, ids.new_id(), LEDGER_JOURNAL_BYTES), *journals)
        self._storage = storage
        unwritten = KeepUnwritten(journals, clock, telemetry)
        self.keeper = KeepLedger(LazyLedger(storage), unwritten, store=store, telemetry=telemetry)
        bills = LookUpBills(generations, clock, self.keeper.note)
        self.keeper.bills = bills
        self.sweeper = SweepLedger(opened=self._swept, bills=bills, clock=clock, ids=ids, telemetry=telemetry)

    def follow(self, request: TurnRequest, settings: Settings) -> None:
        """Sweep from now on what the turns of this request's namespace book."""
        namespace = request.ledger.namespace
        if namespace and self.sweeper.is_due(namespace):
            with suppress(InvalidBaseUrl):  # the turn itself reports that; no key goes to such an address
                route = usable_route(settings)
                plan = LedgerPlan(namespace, route, settings.ledger_retention_days, longest_attempt(settings))
                self.sweeper.begin(plan)

    async def aclose(self) -> None:
        """Stop sweeping and write what waits; call it once no turn runs any more."""
        await self.sweeper.aclose()
        await self.keeper.aclose()

    async def _swept(self) -> SweptLedger | None:
        stores = await self._storage.stores()
        if stores.location is None or stores.read_only or stores.ledger is None:
            return None
        return SweptLedger(stores.ledger, stores.leases)
