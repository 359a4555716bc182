"""Keep the list of models for the next load, process and replica, and find it again.

What is kept is only ever better than nothing: every failure costs one line in the log. Source: ADR 0016.
"""

from collections.abc import Sequence

from domain.catalog.snapshot import Snapshot, SnapshotUnusable, read_snapshot, snapshot_key, write_snapshot
from domain.services.patience import within
from ports.cache import Cache, CacheUnavailable
from ports.clock import Clock
from ports.offload import LARGE, Offload
from ports.responses import Route
from ports.telemetry import Telemetry

CACHE_SECONDS = 2.0
"""Seconds one cache may take."""


class KeepCatalog:
    """The use case. `caches` from the nearest to the farthest: the first usable list counts."""

    def __init__(self, caches: Sequence[Cache], *, clock: Clock, offload: Offload, telemetry: Telemetry) -> None:
        self._caches, self._clock, self._offload, self._telemetry = caches, clock, offload, telemetry

    async def recall(self, route: Route) -> Snapshot | None:
        """Return the list kept for a route, None if there is none. Raises nothing but cancellation."""
        key = snapshot_key(route)
        for cache in self._caches:
            try:
                raw = await within(self._clock, CACHE_SECONDS, cache.get(key), "openrouter-pipe-recall-cache")
                if raw is None:
                    continue
                snapshot = await self._offload.run(lambda raw=raw: read_snapshot(raw, route), size=len(raw))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - the edge of a cache: whatever it holds, the list itself goes on
                self._warn("kept_catalog_unusable", cache, error)
                continue
            age = round((self._clock.now() - snapshot.fetched_at).total_seconds())
            self._telemetry.event("info", "catalog_recalled", source=cache.name, models=len(snapshot.models), age=age)
            return snapshot
        return None

    async def keep(self, route: Route, snapshot: Snapshot) -> None:
        """Store a list everywhere. Raises nothing but cancellation."""
        raw = await self._offload.run(lambda: write_snapshot(snapshot, route), size=LARGE)
        for cache in self._caches:
            try:
                put = cache.put(snapshot_key(route), raw)
                await within(self._clock, CACHE_SECONDS, put, "openrouter-pipe-keep-cache")
            except Exception as error:  # noqa: BLE001 - the edge of a cache: the list is in memory all the same
                self._warn("catalog_not_kept", cache, error)

    def _warn(self, event: str, cache: Cache, error: Exception) -> None:
        self._telemetry.event("warning", event, source=cache.name, reason=_reason(error))


def _reason(error: Exception) -> str:
    match error:
        case SnapshotUnusable() | CacheUnavailable():
            return error.reason
        case TimeoutError():
            return "timeout"
        case _:
            return type(error).__name__
