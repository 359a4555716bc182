"""Journal the starts and ends of tool calls; entries that arrive during a transaction are written by the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from domain.services.keep_journal import KeepJournal
from domain.services.owned_tasks import Own
from domain.services.store_budget import STORE_SECONDS, StoreBudget, StoreHealth, StoreTrouble, within
from ports.cipher import Cipher, Sealed
from ports.retention import REFUSED
from ports.tool_runs import NOT_KEPT, ToolRun, ToolRuns

_Entry = tuple[ToolRun, "asyncio.Future[bool | None]"]

UNAVAILABLE = "tool_runs_unavailable"
HOST_SECONDS, MOST_ENDED = 30.0, 1000
"""Seconds after which a running host has stored an answer; how many ended turns may wait for that."""


class JournalCalls:
    """Safe to use from many tasks of one event loop; `own` holds the one task that writes.

    `cipher` keys the hashes of arguments; without it they are stored as they are. `keep` bounds what one person has.
    """

    def __init__(
        self,
        runs: ToolRuns,
        store: StoreHealth,
        own: Own,
        cipher: Callable[[], Awaitable[Cipher]] | None = None,
        keep: KeepJournal | None = None,
    ) -> None:
        self._runs, self._store, self._own, self._cipher, self._keep = runs, store, own, cipher, keep
        self._ended: list[tuple[float, str, str]] = []
        self._starting: list[_Entry] = []
        self._finished: list[ToolRun] = []
        self._writing = False

    async def keyed(self, run: ToolRun, time: StoreBudget | None = None) -> ToolRun | None:
        """Return the run as it is recorded, with its arguments' hash keyed; None if no key was found within `time`."""
        if self._cipher is None:
            return run
        try:
            async with (time or StoreBudget(self._store)).spent():
                first, *older = (await self._cipher()).lookups(run.arguments_hash)
        except TimeoutError:
            return None
        return replace(run, arguments_hash=first, older_hashes=tuple(older))

    async def start(self, run: ToolRun, time: StoreBudget | None = None) -> bool | None:
        """Record a start. True: stored, and the first of its key; None: it could not be recorded within `time`."""
        if self._store.hangs(writes=True):
            return None
        try:
            async with (time or StoreBudget(self._store)).spent():
                return await self._started(run)
        except TimeoutError:
            return None

    async def _started(self, run: ToolRun) -> bool | None:
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._starting.append((run, answer))
        self._write()
        return await answer

    def finish(self, run: ToolRun, seal: Callable[[], Awaitable[Sealed]] | None = None) -> None:
        """Record an end and what `seal` keeps of the result; returns at once.

        If the record of an end is lost, a later turn reports that the call may have run.
        """
        if seal is None:
            self._finish_with(run, NOT_KEPT)
        else:
            self._own(self._finish_sealed(run, seal), "openrouter-pipe-keep-result")

    async def settle(self, namespace: str, turn_id: str, *, after: float = HOST_SECONDS) -> None:
        """Settle a stored turn after `after` seconds or more, together with other turns that are due.

        The delay is for hosts killed before they store the answer: a later turn then reports the unsettled calls.
        """
        now = self._store.clock.monotonic()
        self._ended.append((now + after, namespace, turn_id))
        due = [ended for ended in self._ended if ended[0] <= now]
        self._ended = [ended for ended in self._ended if ended[0] > now][-MOST_ENDED:]
        with suppress(StoreTrouble):
            for _, of, turn in due:
                async with self._store.watched(UNAVAILABLE, writes=True, seconds=STORE_SECONDS, calls=0):
                    await self._runs.settle(of, turn)

    async def _finish_sealed(self, run: ToolRun, seal: Callable[[], Awaitable[Sealed]]) -> None:
        kept = NOT_KEPT
        try:
            with suppress(TimeoutError):
                async with within(self._store.clock, STORE_SECONDS):
                    kept = await seal()
        finally:
            self._finish_with(run, kept)

    def _finish_with(self, run: ToolRun, kept: Sealed) -> None:
        self._finished.append(replace(run, kept=kept))
        self._write()

    def _write(self) -> None:
        if not self._writing:
            self._writing = True
            self._own(self._write_all(), "openrouter-pipe-journal-calls")

    async def _write_all(self) -> None:
        starting: list[_Entry] = []
        try:
            while self._starting or self._finished:
                await asyncio.sleep(0)  # let the other calls of the round arrive first
                starting, self._starting = self._starting, []
                finished, self._finished = self._finished, []
                if starting:
                    await self._start(starting)
                if finished:
                    await self._finish(finished)
        finally:
            self._writing = False
            for _, answer in (*starting, *self._starting):
                if not answer.done():
                    answer.set_result(None)
            self._starting = []

    async def _start(self, starting: list[_Entry]) -> None:
        wanted = [(run, answer) for run, answer in starting if not answer.done()]
        try:
            self._store.admit(writes=True)  # once for all batches, so that a whole round may be the probe
            for batch in _apart(wanted):
                await self._start_batch(batch)
        except StoreTrouble:
            for _, answer in wanted:
                if not answer.done():
                    answer.set_result(None)

    async def _start_batch(self, batch: list[_Entry]) -> None:
        """Record starts together; where the store refuses one for its data, each of them alone."""
        try:
            async with self._store.watched(UNAVAILABLE, writes=True, seconds=STORE_SECONDS, calls=len(batch)):
                new = await self._runs.start([run for run, _ in batch])
        except StoreTrouble as trouble:
            if trouble.reason != REFUSED:
                raise
            if len(batch) > 1:
                for entry in batch:
                    await self._start_batch([entry])
                return
            ((_, answer),) = batch
            if not answer.done():
                answer.set_result(None)
            return
        self._count([run for run, _ in batch if run.call_id in new])
        for run, answer in batch:
            if not answer.done():
                answer.set_result(run.call_id in new)
            elif run.call_id in new:  # stopped meanwhile: it never began
                self._finished.append(run)  # nothing is kept: there is nothing to report

    async def _finish(self, finished: list[ToolRun]) -> None:
        """Record ends together; where the store refuses one for its data, each of them alone, then without results."""
        try:
            async with self._store.watched(UNAVAILABLE, writes=True, seconds=STORE_SECONDS, calls=len(finished)):
                await self._runs.finish(finished)
        except StoreTrouble as trouble:
            if trouble.reason != REFUSED:
                return
            if len(finished) > 1:
                for run in finished:
                    await self._finish([run])
            elif finished[0].kept not in (None, NOT_KEPT):
                await self._finish([replace(finished[0], kept=NOT_KEPT)])
        else:
            self._count([run for run in finished if run.kept not in (None, NOT_KEPT)])

    def _count(self, runs: list[ToolRun]) -> None:
        """Count what was written for the quota of its person."""
        if runs and self._keep is not None:
            self._own(self._keep.written(runs), "openrouter-pipe-keep-journal")


def _apart(starting: list[_Entry]) -> list[list[_Entry]]:
    """Split into batches without duplicate call ids, because the store's answer names calls by id only."""
    batches: list[dict[str, _Entry]] = []
    for run, answer in starting:
        batch = next((batch for batch in batches if run.call_id not in batch), None)
        if batch is None:
            batch = {}
            batches.append(batch)
        batch[run.call_id] = (run, answer)
    return [list(batch.values()) for batch in batches]
