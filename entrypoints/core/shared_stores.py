"""Stores over two places: Redis, which all workers share, and what there is without it.

Redis reports itself when it is lost and when it is back (`redis_unavailable`, `redis_connected`), once each; here the
calls only go where they can be answered (law 7).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from domain.recent import Recent
from entrypoints.core.core_redis import CoreRedis
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.cache import CacheUnavailable
from ports.cost_snapshots import CostSnapshot, CostSnapshotsUnavailable
from ports.leases import Lease, Leases, LeasesUnavailable

if TYPE_CHECKING:
    from adapters.redis.stores import RedisStores

MOST_HELD = 1_000


class SharedBreakerState:
    """Implements BreakerState: in Redis while it answers, else in `second`.

    When Redis is lost, breakers begin anew in `second`, and when it is back, they go on as Redis knew them: a breaker
    may let calls through that the other place would refuse, for one window at most. Versions of one place are never
    those of the other for long: whoever stores with a version of the other place is refused and loads again.
    """

    def __init__(self, redis: CoreRedis, second: BreakerState) -> None:
        self._redis, self._second = redis, second

    async def load(self, key: str) -> tuple[str, int]:
        """Return text and version."""
        stores = self._redis.stores
        if stores is not None:
            with suppress(BreakerStateUnavailable):
                return await stores.breakers.load(key)
        return await self._second.load(key)

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Replace a text if it is of that version."""
        stores = self._redis.stores
        if stores is not None:
            with suppress(BreakerStateUnavailable):
                return await stores.breakers.store(key, text, version, now)
        return await self._second.store(key, text, version, now)

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete old texts in both places."""
        deleted, stores = 0, self._redis.stores
        if stores is not None:
            with suppress(BreakerStateUnavailable):
                deleted = await stores.breakers.delete_before(before, limit)
        return deleted + await self._second.delete_before(before, limit - deleted)


class SharedLeases:
    """Implements Leases: Redis is asked first and refuses cheaply; `second` has the last word.

    Whoever holds a lease holds it in every place that answered. So two workers hold the same lease only while one of
    them reaches Redis alone and the other one `second` alone, and then until the first of them extends its lease after
    it reaches both. Losing Redis changes no holder. The fence is that of `second`, and that of Redis if `second` fails;
    both begin at the time, so fences grow from one place to the other as long as clocks do.
    """

    def __init__(self, redis: CoreRedis, second: Leases) -> None:
        self._redis, self._second = redis, second
        self._held = Recent[tuple[str, str], tuple[Lease | None, Lease | None]](MOST_HELD)

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take the lease in both places; where one refuses, release what the other granted."""
        first, stores = None, self._redis.stores
        if stores is not None:
            with suppress(LeasesUnavailable):
                first = await stores.leases.take(name, owner, now, seconds)
                if first is None:
                    return None
        try:
            second = await self._second.take(name, owner, now, seconds)
        except LeasesUnavailable:
            if first is None:
                raise
            return self._keep(first, first, None)
        if second is None and first is not None:
            await self._release_first(first)
        return None if second is None else self._keep(second, first, second)

    async def release(self, lease: Lease) -> None:
        """Release the lease in both places."""
        key = lease.name, lease.owner
        first, second = self._held.get(key, (None, None))
        if lease.fence in {held.fence for held in (first, second) if held is not None}:
            del self._held[key]
        else:
            first, second = None, lease
        if first is not None:
            await self._release_first(first)
        if second is not None:
            await self._second.release(second)

    def _keep(self, lease: Lease, first: Lease | None, second: Lease | None) -> Lease:
        self._held[lease.name, lease.owner] = (first, second)
        return lease

    async def _release_first(self, lease: Lease) -> None:
        stores = self._redis.stores
        if stores is not None:
            with suppress(LeasesUnavailable):  # it expires by itself
                await stores.leases.release(lease)


class SharedCache:
    """Implements Cache in Redis; there is nothing in it while Redis is away, which Redis reports by itself."""

    name = "redis"
    in_store = False

    def __init__(self, redis: CoreRedis) -> None:
        self._redis = redis

    async def get(self, key: str) -> bytes | None:
        """Return the value of a key."""
        stores = self._redis.stores
        if stores is not None:
            with self._reported_by(stores):
                return await stores.cache.get(key)
        return None

    async def put(self, key: str, value: bytes) -> None:
        """Replace the value of a key."""
        stores = self._redis.stores
        if stores is not None:
            with self._reported_by(stores):
                await stores.cache.put(key, value)

    @contextmanager
    def _reported_by(self, stores: "RedisStores") -> Iterator[None]:
        try:
            yield
        except CacheUnavailable:
            if not stores.connection.state:
                raise


class SharedCostSnapshots:
    """Implements CostSnapshots in Redis; without it there are none."""

    def __init__(self, redis: CoreRedis) -> None:
        self._redis = redis

    async def put(self, snapshots: Collection[CostSnapshot]) -> None:
        """Store snapshots."""
        stores = self._redis.stores
        if stores is None:
            raise CostSnapshotsUnavailable("Redis is not used")
        await stores.costs.put(snapshots)
