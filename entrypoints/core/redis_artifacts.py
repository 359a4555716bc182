"""Artifacts with Redis before the database, while Redis is used: made, renewed and closed with what they stand on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from domain.services.background_tasks import BackgroundTasks
from domain.services.clean_artifacts import CleanableStore
from domain.services.remember_turn import SealedStore
from entrypoints.core.foundation import Foundation
from entrypoints.core.shared_stores import SharedLeases
from entrypoints.core.stores import Stores
from entrypoints.settings import Settings
from ports.artifacts import ArtifactStore, QueuedArtifactStore

if TYPE_CHECKING:
    from adapters.redis.artifact_flusher import WriteBehind
    from adapters.redis.artifacts import RedisArtifacts
    from adapters.redis.stores import RedisStores

Parts = tuple["RedisStores", QueuedArtifactStore, "WriteBehind"]


class FrontedArtifacts:
    """The stores of one event loop before its database. `redis` closes them before it closes its connection."""

    def __init__(self, base: Foundation, settings: Settings) -> None:
        self._storage, self._redis, self._settings, self._telemetry = base.storage, base.redis, settings, base.telemetry
        self._worker = base.ids.new_id()
        self._parts: Parts | None = None
        self._made: RedisArtifacts | None = None
        self._closing = BackgroundTasks()
        base.redis.before_closing = self.aclose

    def follow(self, settings: Settings) -> None:
        """Follow the newest settings."""
        self._settings = settings

    async def sealed_store(self) -> SealedStore:
        """Return where artifacts are kept, and what seals them."""
        sealed = await self._storage.sealed_store()
        return replace(sealed, artifacts=self._before(await self._storage.stores())) if sealed.durable else sealed

    async def cleanable(self) -> CleanableStore | None:
        """Return what is to be cleaned, by one worker of all that share Redis or the database; None if nothing is."""
        store = await self._storage.cleanable()
        if store is None:
            return None
        artifacts = self._before(await self._storage.stores())
        leases = SharedLeases(self._redis, store.leases)
        return replace(store, artifacts=artifacts, rotation=artifacts, leases=leases)

    async def aclose(self) -> None:
        """Write what waits and end the background work."""
        self._close_beside()
        await self._closing.drained()

    # --- details ------------------------------------------------------------------------------------------

    def _before(self, stores: Stores) -> ArtifactStore:
        """Return the artifacts of open stores, with Redis before them if it is used and they can be written."""
        redis, behind = self._redis.connected, stores.artifacts
        if redis is None or stores.read_only or not isinstance(behind, QueuedArtifactStore):
            return behind
        settings = self._settings
        options = redis.write_behind(
            cache_seconds=settings.redis_cache_ttl_seconds,
            batch_rows=settings.db_batch_size,
            warn_rows=settings.redis_pending_warn_threshold,
            failure_limit=settings.redis_flush_failure_limit,
        )
        parts = (redis, behind, options)
        if self._made is None or self._parts != parts:
            self._close_beside()
            self._parts = parts
            self._made = redis.artifacts(behind, self._worker, self._storage.clock, self._telemetry, options)
        return self._made

    def _close_beside(self) -> None:
        made, self._made = self._made, None
        if made is not None:
            self._closing.begin(made.aclose(), "openrouter-pipe-close-artifacts")
