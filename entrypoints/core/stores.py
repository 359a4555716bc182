"""Stores that live together: in memory, or in one database that is made, brought up to date and tried here."""

import asyncio
from dataclasses import dataclass, field

from adapters.memory.artifacts import MemoryArtifacts
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.budgets import MemoryBudgets
from adapters.memory.known_hosts import MemoryKnownHosts
from adapters.memory.leases import MemoryLeases
from adapters.memory.lookup_keys import MemoryLookupKeys
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.budget_rules import SqlBudgetRules
from adapters.sql.budgets import SqlBudgets
from adapters.sql.cache import SqlCache
from adapters.sql.database import Database
from adapters.sql.known_hosts import SqlKnownHosts
from adapters.sql.leases import SqlLeases
from adapters.sql.ledger import SqlLedger
from adapters.sql.lookup_keys import SqlLookupKeys
from adapters.sql.migrate import migrate
from adapters.sql.reconciliations import SqlReconciliations
from adapters.sql.tables import REVISION
from adapters.sql.tool_runs import SqlToolRuns
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.services.remember_turn import SealedStore
from entrypoints.core.revisions import revisions_dir
from entrypoints.core.storage_file import begin_file, keep_to_owner
from entrypoints.core.storage_location import StorageLocation
from entrypoints.core.warned_once import WarnedOnce
from ports.artifacts import ArtifactStore
from ports.breaker_state import FollowedBreakerState
from ports.budget_rules import BudgetRuleStore
from ports.budgets import Budgets
from ports.cache import Cache
from ports.clock import Clock
from ports.known_hosts import KnownHosts
from ports.leases import Leases
from ports.ledger import UsageLedger
from ports.lookup_keys import LookupKeys
from ports.reconciliations import Reconciliations
from ports.tool_runs import ToolRunStore


@dataclass(frozen=True, slots=True)
class StoredBooks:
    """What is stored of money; `ledger`, `budget_rules` and `reconciliations` only in a database."""

    ledger: UsageLedger | None = None
    budgets: Budgets = field(default_factory=MemoryBudgets)
    budget_rules: BudgetRuleStore | None = None
    reconciliations: Reconciliations | None = None


@dataclass(frozen=True, slots=True)
class Stores:
    """Stores that live together; in memory if `location` is None.

    `cache` only where processes share a database.
    """

    artifacts: ArtifactStore
    leases: Leases
    tool_runs: ToolRunStore
    breakers: FollowedBreakerState
    hosts: KnownHosts
    lookup_keys: LookupKeys
    location: StorageLocation | None = None
    read_only: bool = False
    cache: Cache | None = None
    books: StoredBooks = field(default_factory=StoredBooks)


class MemoryStores:
    """The stores of chats that are never saved, and of all others while there is nothing better."""

    def __init__(self, clock: Clock) -> None:
        self._artifacts = MemoryArtifacts(clock)
        self.stores = Stores(
            self._artifacts,
            MemoryLeases(),
            MemoryToolRuns(),
            MemoryBreakerState(),
            MemoryKnownHosts(),
            MemoryLookupKeys(),
        )
        cipher = make_vault(KeyRing(), VaultOptions(compress=False))
        self.sealed = SealedStore(self._artifacts, cipher, durable=False)

    def purge(self) -> None:
        """Let go of chats whose hour is over."""
        self._artifacts.purge()


async def open_stores(location: StorageLocation, warned: WarnedOnce) -> tuple[Stores, Database]:
    """Open the stores of a database, and the database itself, which the caller closes. Raises DatabaseTrouble."""
    if location.sqlite_file is not None:
        await asyncio.to_thread(begin_file, location.sqlite_file)
    migrated = await migrate(location.url, revisions_dir, schema=location.schema, newest=REVISION)
    if location.sqlite_file is not None:
        await asyncio.to_thread(keep_to_owner, location.sqlite_file)
    if migrated.read_only:
        warned.warn("storage_read_only", migrated.read_only)
    database = Database(location.url, schema=location.schema, read_only=migrated.read_only)
    try:
        async with database.reading() as connection:  # connects now, and shows whether a driver is missing
            await connection.exec_driver_sql("SELECT 1")
    except BaseException:
        await database.aclose()
        raise
    stores = Stores(
        SqlArtifacts(database),
        SqlLeases(database),
        SqlToolRuns(database),
        SqlBreakerState(database),
        SqlKnownHosts(database),
        SqlLookupKeys(database),
        location,
        bool(migrated.read_only),
        SqlCache(database) if location.is_shared else None,
        StoredBooks(SqlLedger(database), SqlBudgets(database), SqlBudgetRules(database), SqlReconciliations(database)),
    )
    return stores, database
