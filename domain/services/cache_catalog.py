"""Cache the list of models for the next load, process and replica.

The cache is optional: a failure writes one log line, and the next one only when the reason changes or the cache
recovers. Source: ADR 0016.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from domain.catalog.snapshot import Snapshot, SnapshotUnusable, read_snapshot, snapshot_key, write_snapshot
from domain.services.store_budget import TIMEOUT, StoreHealth, StoreTrouble, within
from ports.cache import Cache, CacheUnavailable
from ports.clock import Clock
from ports.offload import LARGE, Offload
from ports.responses import Route
from ports.telemetry import Telemetry

CACHE_SECONDS = 2.0
"""Time limit for one cache, in seconds."""
UNUSABLE, NOT_KEPT = "kept_catalog_unusable", "catalog_not_kept"


class CacheCatalog:
    """The use case. `caches` are ordered from nearest to farthest; the first usable list counts."""

    def __init__(
        self, caches: Sequence[Cache], *, store: StoreHealth, clock: Clock, offload: Offload, telemetry: Telemetry
    ) -> None:
        self._caches, self._store = caches, store
        self._clock, self._offload, self._telemetry = clock, offload, telemetry
        self._complaints: dict[tuple[str, str], str] = {}  # reasons already logged, by event and cache

    async def recall(self, route: Route) -> Snapshot | None:
        """Return the cached list of a route; None if there is none. Raises nothing but cancellation."""
        for cache in self._caches:
            try:
                async with self._limited(cache, UNUSABLE):
                    raw = await cache.get(snapshot_key(route))
                snapshot = None if raw is None else await self._read(raw, route)
            except StoreTrouble:  # already logged
                continue
            except Exception as error:  # noqa: BLE001 - the edge of a cache: its content must not break the list
                self._warn(UNUSABLE, cache, error)
                continue
            if snapshot is not None:
                age = round((self._clock.now() - snapshot.fetched_at).total_seconds())
                count = len(snapshot.models)
                self._telemetry.event("info", "catalog_recalled", source=cache.name, models=count, age=age)
                return snapshot
        return None

    async def keep(self, route: Route, snapshot: Snapshot) -> None:
        """Write a list to every cache. Raises nothing but cancellation."""
        raw = await self._offload.run(lambda: write_snapshot(snapshot, route), size=LARGE)
        for cache in self._caches:
            try:
                async with self._limited(cache, NOT_KEPT, writes=True):
                    await cache.put(snapshot_key(route), raw)
                self._complaints.pop((NOT_KEPT, cache.name), None)
            except StoreTrouble:
                continue
            except Exception as error:  # noqa: BLE001 - the edge of a cache: the list stays in memory
                self._warn(NOT_KEPT, cache, error)

    async def _read(self, raw: bytes, route: Route) -> Snapshot:
        return await self._offload.run(lambda: read_snapshot(raw, route), size=len(raw))

    @asynccontextmanager
    async def _limited(self, cache: Cache, event: str, *, writes: bool = False) -> AsyncIterator[None]:
        """Limit the time a cache may take, and report how its store behaved to everything that uses that store.

        Nothing waits for writes, so they are tried even while the store hangs.
        """
        if cache.in_store:
            if not writes:
                self._store.admit()
            async with self._store.watched(event, writes=writes, seconds=CACHE_SECONDS, source=cache.name):
                yield
        else:
            async with within(self._clock, CACHE_SECONDS):
                yield

    def _warn(self, event: str, cache: Cache, error: Exception) -> None:
        reason = _reason(error)
        if self._complaints.get((event, cache.name)) != reason:
            self._telemetry.event("warning", event, source=cache.name, reason=reason)
        self._complaints[event, cache.name] = reason


def _reason(error: Exception) -> str:
    match error:
        case SnapshotUnusable() | CacheUnavailable():
            return error.reason
        case TimeoutError():
            return TIMEOUT
        case _:
            return type(error).__name__
