"""Stores that open the database with the first call."""

import asyncio
from collections.abc import Collection
from datetime import datetime

from entrypoints.core.storage import Storage
from ports.leases import Lease, Leases
from ports.ledger import OPENING, Entry, EntryState, LedgerUnavailable, ModelSum, Spend, UsageLedger
from ports.tool_runs import RunBounds, ToolRun
from ports.usage import Paid

OPENING_SECONDS = 0.75
"""Seconds that the ledger waits for a database that is being opened: fewer than those of one that hangs."""


class LazyToolRuns:
    """Implements ToolRuns in whatever store is open."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Store runs as started."""
        return await (await self._storage.stores()).tool_runs.start(runs)

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark runs as finished."""
        await (await self._storage.stores()).tool_runs.finish(runs)

    async def settle(self, namespace: str, turn_id: str) -> None:
        """Mark the runs of a turn as settled."""
        await (await self._storage.stores()).tool_runs.settle(namespace, turn_id)

    async def unsettled(
        self, namespace: str, user_id: str, *, chat_id: str, turn_ids: Collection[str], limit: int
    ) -> tuple[ToolRun, ...]:
        """Return runs no settled turn accounts for."""
        runs = (await self._storage.stores()).tool_runs
        return await runs.unsettled(namespace, user_id, chat_id=chat_id, turn_ids=turn_ids, limit=limit)

    async def trim(self, namespace: str, user_id: str, bounds: RunBounds, limit: int) -> int:
        """Delete the owner's oldest runs beyond the bounds."""
        stores = await self._storage.stores()
        return 0 if stores.read_only else await stores.tool_runs.trim(namespace, user_id, bounds, limit)


class LazyBreakerState:
    """Implements BreakerState in whatever store is open."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def load(self, key: str) -> tuple[str, int]:
        """Return text and version."""
        return await (await self._storage.stores()).breakers.load(key)

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Replace a text if it is of that version."""
        return await (await self._storage.stores()).breakers.store(key, text, version, now)

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete old texts."""
        return await (await self._storage.stores()).breakers.delete_before(before, limit)


class LazyLeases:
    """Implements Leases in the store that is open or being opened; within the process if none is or may be written."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take or extend a lease."""
        return await (await self._leases()).take(name, owner, now, seconds)

    async def release(self, lease: Lease) -> None:
        """Release a lease."""
        await (await self._leases()).release(lease)

    async def _leases(self) -> Leases:
        memory = self._storage.memory.stores
        stores = await self._storage.stores() if self._storage.is_wanted else memory
        return memory.leases if stores.read_only else stores.leases


class LazyLedger:
    """Implements UsageLedger in the database; without one that can be written, every write fails."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def write(self, entries: Collection[Entry]) -> None:
        """Store entries."""
        await (await self._opened(writes=True)).write(entries)

    async def unfinished(self, namespace: str, before: datetime, limit: int) -> tuple[Entry, ...]:
        """Return started entries."""
        return await (await self._opened()).unfinished(namespace, before, limit)

    async def of_turn(self, namespace: str, turn_id: str) -> tuple[Entry, ...]:
        """Return the entries of a turn."""
        return await (await self._opened()).of_turn(namespace, turn_id)

    async def spend(self, namespace: str, since: datetime, until: datetime) -> tuple[Spend, ...]:
        """Add up what was sent."""
        return await (await self._opened()).spend(namespace, since, until)

    async def by_model(self, namespace: str, key_id: str, since: datetime, until: datetime) -> tuple[ModelSum, ...]:
        """Add up what one key paid."""
        return await (await self._opened()).by_model(namespace, key_id, since, until)

    async def ended(
        self, namespace: str, state: EntryState, since: datetime, until: datetime, limit: int
    ) -> tuple[Entry, ...]:
        """Return entries of a state."""
        return await (await self._opened()).ended(namespace, state, since, until, limit)

    async def namespaces(self) -> tuple[str, ...]:
        """Return the namespaces that have entries."""
        return await (await self._opened()).namespaces()

    async def paid(
        self, namespace: str, user_id: str, *, chat_id: str = "", since: datetime | None = None, but_turn: str = ""
    ) -> Paid:
        """Add up what a person's attempts cost."""
        ledger = await self._opened()
        return await ledger.paid(namespace, user_id, chat_id=chat_id, since=since, but_turn=but_turn)

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete old entries."""
        return await (await self._opened(writes=True)).delete_before(namespace, before, limit)

    async def anonymise(self, namespace: str, user_id: str, limit: int) -> int:
        """Empty the ids of a person."""
        return await (await self._opened(writes=True)).anonymise(namespace, user_id, limit)

    async def _opened(self, *, writes: bool = False) -> UsageLedger:
        opening = self._storage.begin()
        if not opening.done():  # the first turn after a start: no failure of the store, and no reason to wait long
            await asyncio.wait((opening,), timeout=OPENING_SECONDS)
            if not opening.done():
                raise LedgerUnavailable(OPENING)
        stores = await self._storage.stores()
        if stores.books.ledger is None:
            raise LedgerUnavailable("not open")
        if writes and stores.read_only:
            raise LedgerUnavailable("read-only")
        return stores.books.ledger


class LazyCache:
    """Implements Cache in the shared database; one machine of its own needs none beside its disk."""

    name = "database"
    in_store = True

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def get(self, key: str) -> bytes | None:
        """Return the value of a key."""
        cache = (await self._storage.stores()).cache
        return None if cache is None else await cache.get(key)

    async def put(self, key: str, value: bytes) -> None:
        """Replace the value of a key."""
        stores = await self._storage.stores()
        if stores.cache is not None and not stores.read_only:
            await stores.cache.put(key, value)
