"""Writes what waits in the queue of one namespace to the database, in batches: at once, and by a timer.

A row is written within a transaction that reads it from the queue, and removed from the queue afterwards: what another
worker has removed is not written again, and what two workers write is stored once.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from adapters.redis.artifact_alarm import Alarm
from adapters.redis.artifact_cache import ArtifactCache
from adapters.redis.artifact_queue import KEPT, ArtifactQueue, Entry
from adapters.redis.artifact_unflushed import Unflushed
from adapters.redis.trouble import RedisUnavailable
from ports.artifacts import Artifact, ArtifactsError, QueuedArtifactStore
from ports.clock import Clock
from ports.retention import REFUSED
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

LARGEST_PUT = 1024 * 1024
"""Bytes of rows that are put together; larger ones go to the database at once."""
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
CLOSE_SECONDS = 5.0
PAGE, DRAINED_ROWS = 100, 100
"""Entries and rows at a time when somebody waits until all is written."""
MALFORMED = "malformed"
LOST = "lost"
"""The life of rows that Redis has lost: no queue ever has it."""


@dataclass(frozen=True, slots=True)
class WriteBehind:
    """How rows are written later.

    `cache_seconds`: how long rows stay in Redis after they were read or written. `batch_rows`: rows of one transaction.
    `warn_rows`: rows that may wait before it is reported. After `failure_limit` failures in a row new rows are
    written at once. `idle_seconds`: after them another worker's entries are taken over; longer than a write may take.
    """

    cache_seconds: int = 600
    batch_rows: int = 10
    warn_rows: int = 100
    failure_limit: int = 5
    every_seconds: float = 10.0
    idle_seconds: float = 30.0


class ArtifactFlusher:
    """The flusher of one namespace. Belongs to one event loop; other workers have their own."""

    def __init__(
        self,
        queue: ArtifactQueue,
        cache: ArtifactCache,
        store: QueuedArtifactStore,
        clock: Clock,
        telemetry: Telemetry,
        options: WriteBehind,
    ) -> None:
        self.queue, self.cache, self._store = queue, cache, store
        self._telemetry, self._options = telemetry, options
        self.unflushed = Unflushed()
        self._server, self._failures = "", 0
        self._said: set[str] = set()  # what is reported once until it is over
        self._alarm = Alarm(clock)
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def stopped(self) -> bool:
        """Whether the database failed so often that nothing is written later for now."""
        return self._failures >= self._options.failure_limit

    async def enqueue(self, rows: Sequence[Artifact]) -> bool:
        """Let rows that `may_wait` be written later; False if they must be written now."""
        size = sum(len(row.sealed.payload) for row in rows)
        if self._closed or self.stopped or size > LARGEST_PUT or not self.unflushed.has_room(rows):
            return False
        try:
            done = await self.queue.enqueue(rows)
        except RedisUnavailable:
            self.wake()
            return False
        if done.state != KEPT:
            return False
        self.unflushed.add(rows, done.life)
        self._say_if(done.depth > self._options.warn_rows, "artifacts_wait", rows=done.depth)
        self.wake()
        return True

    def wake(self) -> None:
        """Flush beside the caller; while the database fails again and again only the timer does."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(
                self._run(), name="openrouter-pipe-artifact-flush", context=of_no_turn()
            )
        if not self.stopped:
            self._alarm.ring()

    async def drain(self) -> None:
        """Write everything that waits by now, whoever has taken it. Raises ArtifactsError and RedisUnavailable."""
        newest = await self.queue.newest()
        while newest is not None and (entries := await self.queue.page(newest, PAGE)):
            for batch in self._batches(entries, DRAINED_ROWS):
                await self._write(batch)

    async def aclose(self) -> None:
        """Stop, then write what this worker has put into the queue, for a few seconds at most."""
        if self._task is None:
            return
        self._closed = True
        self._task.cancel()
        await asyncio.wait((self._task,), timeout=CLOSE_SECONDS)
        with suppress(TimeoutError, ArtifactsError, RedisUnavailable):
            async with asyncio.timeout(CLOSE_SECONDS):
                self._alarm.timed = True
                await self._flush()
                await self.queue.leave()
        if rest := len(self.unflushed):
            self._telemetry.event("warning", "artifacts_left_in_redis", rows=rest)

    # --- details ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while not self._closed:
            try:
                await self._flush()
            except ArtifactsError as error:
                self._failed(error.reason)
            except Exception as defect:  # noqa: BLE001 - the edge of a background task: the next round goes on
                self._failed(type(defect).__name__)
            else:
                self._succeeded()
            await self._pause()

    async def _pause(self) -> None:
        """Wait until there is something to do, or it is time to look."""
        seconds = self._options.every_seconds
        if self.stopped:
            seconds = min(FIRST_PAUSE * 2 ** min(self._failures - self._options.failure_limit, 10), LONGEST_PAUSE)
        await self._alarm.wait(seconds)

    async def _flush(self) -> None:
        """Write what waits; now and then also what dead workers left, and what Redis may have lost."""
        timed, self._alarm.timed = self._alarm.timed, False
        try:
            server = await self.queue.server() if timed else self._server
            idle_ms = int(self._options.idle_seconds * 1_000) if timed else 0
            while entries := await self.queue.take(self._options.batch_rows, idle_ms=idle_ms):
                for batch in self._batches(entries, self._options.batch_rows):
                    await self._write(batch)
            await self._look_for_losses(server)
        except RedisUnavailable:
            self._alarm.timed = True
            for put in self.unflushed:
                await self._write_directly(put.rows, put.rows)
        except ArtifactsError:
            self._alarm.timed = self._alarm.timed or timed
            raise

    async def _write(self, entries: Sequence[Entry]) -> None:
        """Write entries in one transaction, then remove them from the queue."""
        found: dict[bytes, tuple[Artifact, ...]] = {}
        wrong: list[Entry] = []
        epoch = ""

        async def read() -> list[Artifact]:
            nonlocal epoch, found, wrong
            epoch = await self.cache.epoch()
            found, wrong = await self.queue.rows_of(entries)
            return [row for rows in found.values() for row in rows]

        try:
            await self._store.take_over(self.queue.keys.namespace, read)
        except ArtifactsError as error:
            if error.reason != REFUSED:
                raise
            if len(entries) == 1:
                await self._set_aside(entries[0], REFUSED)
            else:
                for entry in entries:
                    await self._write([entry])
            return
        for entry in wrong:
            await self._set_aside(entry, MALFORMED)
        for entry in entries:
            if entry.id in found:
                removed = await self.queue.remove(entry)
                self.unflushed.discard(entry.ids)
                if removed:
                    await self.cache.fill(found[entry.id], epoch)

    async def _set_aside(self, entry: Entry, reason: str) -> None:
        """Take an entry that can never be stored out of the way; it is reported once and always counted."""
        if await self.queue.remove(entry, reason):
            self._telemetry.event("debug" if reason in self._said else "warning", "artifacts_set_aside", reason=reason)
            self._said.add(reason)
        self.unflushed.discard(entry.ids)

    async def _look_for_losses(self, server: str) -> None:
        """Find out what became of the rows this worker has put into the queue, and has not written itself.

        Those that do not wait any more are in the database, or deleted; unless the server has lost data meanwhile.
        """
        puts = tuple(self.unflushed)
        if puts:
            life, waiting = await self.queue.waiting([put.rows[0].id for put in puts])
            restarted = self._server not in ("", server)
            gone = [put for put in puts if put.rows[0].id not in waiting]
            self.unflushed.discard([put.rows[0].id for put in gone])
            lost = [put for put in gone if restarted or put.life != life]
            for put in lost:
                self.unflushed.add(put.rows, LOST)
            if rows := sum(len(put.rows) for put in lost if put.life != LOST):
                self._telemetry.event("warning", "redis_lost_artifacts", rows=rows)
            for put in lost:
                await self._write_directly(put.rows, await self.queue.remembered(put.rows))
        self._server = server

    async def _write_directly(self, put: Sequence[Artifact], rows: Sequence[Artifact]) -> None:
        """Write the rows of a put to the database without Redis; both may do it, once is enough."""
        try:
            if rows:
                await self._store.put(rows)
        except ArtifactsError as error:
            if error.reason != REFUSED:
                raise
            self._telemetry.event("warning", "artifacts_set_aside", reason=REFUSED)
        self.unflushed.discard([put[0].id])

    def _batches(self, entries: Sequence[Entry], rows: int) -> Iterator[list[Entry]]:
        """Part entries so that each batch but for its last entry has fewer than so many rows."""
        batch: list[Entry] = []
        for entry in entries:
            batch.append(entry)
            if sum(len(one.ids) for one in batch) >= rows:
                yield batch
                batch = []
        if batch:
            yield batch

    def _failed(self, reason: str) -> None:
        self._failures += 1
        self._say_if(True, "artifact_flush_failed", reason=reason)
        if self.stopped and "artifact_flush_stopped" not in self._said:
            self._said.add("artifact_flush_stopped")
            self._telemetry.event("error", "artifact_flush_stopped", failures=self._failures, reason=reason)

    def _succeeded(self) -> None:
        if self.stopped:
            self._telemetry.event("info", "artifact_flush_resumed", failures=self._failures)
        self._failures = 0
        self._said -= {"artifact_flush_failed", "artifact_flush_stopped"}

    def _say_if(self, so: bool, name: str, **values: str | int) -> None:
        """Report something once for as long as it is so."""
        if so and name not in self._said:
            self._telemetry.event("warning", name, **values)
        self._said = self._said | {name} if so else self._said - {name}
