"""Artifacts with Redis before the database: rows are read from Redis, and written to the database a little later.

Only whole turns of one person wait: any worker finds them in the queue. Everything else is done in the database, after
what waits was written there. Without Redis everything goes to the database at once.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from adapters.redis.artifact_bytes import is_id, may_wait
from adapters.redis.artifact_cache import ArtifactCache
from adapters.redis.artifact_flusher import ArtifactFlusher, WriteBehind
from adapters.redis.artifact_queue import ArtifactQueue
from adapters.redis.connection import RedisConnection
from adapters.redis.trouble import RedisUnavailable
from adapters.redis.values import micros
from ports.artifacts import (
    RECALL_BYTES,
    Artifact,
    ArtifactsError,
    ArtifactsUnavailable,
    QueuedArtifactStore,
    newest_turns,
)
from ports.cipher import Sealed
from ports.clock import Clock
from ports.retention import REFUSED, StoredChat
from ports.telemetry import Telemetry

MOST_NAMESPACES = 16
HANGING_SECONDS, SKIPPED_SECONDS = 1.0, 10.0
"""A lookup that fails after so many seconds means that the database hangs; it is skipped for so many."""


class RedisArtifacts:
    """Implements ArtifactStore before `store`. Belongs to one event loop; `worker` names it among all workers."""

    def __init__(
        self,
        connection: RedisConnection,
        store: QueuedArtifactStore,
        *,
        worker: str,
        clock: Clock,
        telemetry: Telemetry,
        options: WriteBehind | None = None,
    ) -> None:
        self._connection, self._store, self._worker = connection, store, worker
        self._clock, self._telemetry, self._options = clock, telemetry, options or WriteBehind()
        self._flushers: dict[str, ArtifactFlusher] = {}
        self._skipped_until = float("-inf")

    async def put(self, rows: Sequence[Artifact]) -> None:
        """Put rows into the queue, or into the database where they must not wait."""
        if any(row.has_long_id() for row in rows):
            raise ArtifactsUnavailable(REFUSED)
        if not rows:
            return
        if may_wait(rows):
            flusher = self._flusher(rows[0].namespace)
            if flusher is not None and await flusher.enqueue(rows):
                return
        for namespace in {row.namespace for row in rows}:
            if (known := self._flusher(namespace)) is not None and not known.stopped:
                await self._settle(namespace)
        await self._store.put(rows)
        await self._drop(rows)

    async def find(
        self,
        namespace: str,
        user_id: str,
        *,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        limit: int,
        most_bytes: int = RECALL_BYTES,
    ) -> tuple[Artifact, ...]:
        """Search the queue, then the cache, then the database, for rows move in this order.

        The database is asked for all that does not wait unless the cache has all of it: only so it can tell which
        turns are the newest within the bounds.
        """
        turns, prints = set(filter(is_id, turn_ids)), set(fingerprints) - {""}
        flusher, epoch, cut = self._flusher(namespace), "", ""
        waiting: dict[str, tuple[Artifact, ...]] = {}
        cached: dict[str, tuple[Artifact, ...]] = {}
        if flusher is not None:
            try:
                waiting, cut = await flusher.queue.find(user_id, turns, prints, most_bytes)
                cached, epoch = await flusher.cache.find(user_id, turns - waiting.keys(), most_bytes)
            except RedisUnavailable:
                waiting = self._woken(flusher).unflushed.find(user_id, turns, prints)
                flusher = None
        stored = [row for of_turn in cached.values() for row in of_turn]
        if prints or turns - waiting.keys() - cached.keys():
            stored = await self._search(
                namespace,
                user_id,
                turn_ids=turns - waiting.keys(),
                fingerprints=prints,
                limit=limit,
                most_bytes=most_bytes,
            )
            if flusher is not None:
                with suppress(RedisUnavailable):
                    await flusher.cache.fill((row for row in stored if row.turn_id not in waiting), epoch)
        rows = {row.id: row for of_turn in waiting.values() for row in of_turn} | {row.id: row for row in stored}
        fitting = (row for row in rows.values() if row.turn_id > cut)
        kept = newest_turns(fitting, most_bytes, limit=max(limit, 0))
        return tuple(sorted(kept, key=lambda row: (row.turn_id, row.ordinal, row.id)))

    async def trim(self, namespace: str, user_id: str, most_bytes: int, limit: int) -> int:
        """Delete an owner's oldest turns."""
        await self._settle(namespace, deletes=True)
        return await self._dropped(namespace, await self._store.trim(namespace, user_id, most_bytes, limit))

    async def touch(self, namespace: str, turn_ids: Collection[str], at: datetime) -> None:
        """Set the time of turns."""
        await self._settle(namespace)
        await self._store.touch(namespace, turn_ids, at)
        await self._drop_turns(namespace, turn_ids)

    async def unbind(self, namespace: str, turn_ids: Collection[str]) -> None:
        """Clear the chat and message ids of turns."""
        await self._settle(namespace)
        await self._store.unbind(namespace, turn_ids)
        await self._drop_turns(namespace, turn_ids)

    async def delete(self, namespace: str, user_id: str, turn_ids: Collection[str], kinds: Collection[str]) -> int:
        """Delete by turn and kind."""
        await self._settle(namespace, deletes=True)
        count = await self._store.delete(namespace, user_id, turn_ids, kinds)
        await self._drop_turns(namespace, turn_ids)
        return count

    async def delete_untouched(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete the oldest turns."""
        await self._settle(namespace, deletes=True)
        return await self._dropped(namespace, await self._store.delete_untouched(namespace, before, limit))

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """List chats."""
        await self._settle(namespace)
        return await self._store.chats(namespace, after, limit)

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete rows of a chat; cached ones cannot be read any more, and expire."""
        await self._settle(namespace, deletes=True)
        return await self._dropped(namespace, await self._store.delete_chat(namespace, chat_id, limit))

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete rows of an owner, everywhere. Fails without Redis: rows may wait there, and would come back."""
        flusher = self._flusher(namespace)
        if flusher is None:
            return await self._store.delete_person(namespace, user_id, limit)
        try:
            await flusher.queue.forget(user_id, micros(self._clock.now()))
            await flusher.cache.drop_all()
            await flusher.drain()
            await self._store.passed(namespace)
            count = await self._store.delete_person(namespace, user_id, limit)
            await flusher.cache.drop_all()
            await flusher.cache.drop_person(user_id)
        except RedisUnavailable as error:
            raise ArtifactsUnavailable(error.reason) from None
        return count

    async def sealed_otherwise(
        self, namespace: str, key_id: str, after: str, limit: int, most_bytes: int = RECALL_BYTES
    ) -> tuple[Artifact, ...]:
        """Page through the rows sealed with other keys."""
        await self._settle(namespace)
        return await self._store.sealed_otherwise(namespace, key_id, after, limit, most_bytes)

    async def key_ids(self, namespace: str = "") -> frozenset[str]:
        """Return the keys in use."""
        for name in (namespace,) if namespace else tuple(self._flushers):
            await self._settle(name)
        return await self._store.key_ids(namespace)

    async def reseal(self, namespace: str, resealed: Sequence[tuple[Artifact, Sealed]]) -> int:
        """Replace seals in the database: whoever asks has read the rows there."""
        await self._settle(namespace)
        count = await self._store.reseal(namespace, resealed)
        await self._drop(row for row, _ in resealed)
        return count

    async def aclose(self) -> None:
        """Write what waits and end the background work; close the database and the connection afterwards."""
        await asyncio.gather(*(flusher.aclose() for flusher in self._flushers.values()))

    # --- details ------------------------------------------------------------------------------------------

    def _flusher(self, namespace: str) -> ArtifactFlusher | None:
        """Return the flusher of a namespace, which then begins to look after it; None beyond the bound."""
        known = self._flushers.get(namespace)
        if known is None and len(self._flushers) < MOST_NAMESPACES:
            queue = ArtifactQueue(self._connection, namespace, self._worker)
            cache = ArtifactCache(self._connection, queue.keys, self._options.cache_seconds)
            known = ArtifactFlusher(queue, cache, self._store, self._clock, self._telemetry, self._options)
            self._flushers[namespace] = self._woken(known)
        return known

    def _woken(self, flusher: ArtifactFlusher) -> ArtifactFlusher:
        flusher.wake()
        return flusher

    async def _settle(self, namespace: str, *, deletes: bool = False) -> None:
        """Write what waits; before rows are deleted, wait for workers that are writing what they read before.

        Without Redis what waits there stays: what is deleted may come back then, until the next cleaning deletes it.
        """
        flusher = self._flusher(namespace)
        if flusher is None:
            return
        try:
            await flusher.drain()
        except RedisUnavailable:
            flusher.wake()
            return
        if deletes:
            await self._store.passed(namespace)

    async def _search(
        self,
        namespace: str,
        user_id: str,
        *,
        turn_ids: Collection[str],
        fingerprints: Collection[str],
        limit: int,
        most_bytes: int,
    ) -> list[Artifact]:
        """Search the database, unless it hung a moment ago: writes that Redis took say nothing of its health."""
        began = self._clock.monotonic()
        if began < self._skipped_until:
            raise ArtifactsUnavailable("skipped")
        try:
            found = await self._store.find(
                namespace, user_id, turn_ids=turn_ids, fingerprints=fingerprints, limit=limit, most_bytes=most_bytes
            )
        except (ArtifactsError, asyncio.CancelledError):
            now = self._clock.monotonic()
            if now - began >= HANGING_SECONDS:
                self._skipped_until = now + SKIPPED_SECONDS
            raise
        return list(found)

    async def _dropped(self, namespace: str, count: int) -> int:
        """Drop all cached rows if rows were deleted; return how many were."""
        if count and (flusher := self._flusher(namespace)) is not None:
            with suppress(RedisUnavailable):
                await flusher.cache.drop_all()
        return count

    async def _drop(self, rows: Iterable[Artifact]) -> None:
        turns: dict[str, set[str]] = {}
        for row in rows:
            turns.setdefault(row.namespace, set()).add(row.turn_id)
        for namespace, turn_ids in turns.items():
            await self._drop_turns(namespace, turn_ids)

    async def _drop_turns(self, namespace: str, turn_ids: Collection[str]) -> None:
        flusher = self._flusher(namespace)
        if flusher is not None:
            with suppress(RedisUnavailable):
                await flusher.cache.drop_turns(filter(is_id, turn_ids))
