"""How long turns wait for the store, and when they do not wait at all.

The one room for it: memory, breakers and the journal of tools ask here before they wait, and what each learns of the
store holds for all. A store that hangs costs one turn its seconds; the turns after it do without at once (law 7).
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from ports.artifacts import ArtifactsError
from ports.breaker_state import BreakerStateUnavailable
from ports.cache import CacheUnavailable
from ports.clock import Clock
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRunsUnavailable

STORE_SECONDS = 3.0
"""What the store may add to one turn before its first token, all together."""
QUICK_SECONDS = 0.25
"""An answer that comes so soon costs nothing of that, and this much is left to every question."""
HANGING_SECONDS = 1.0
"""A failure that takes so long means that the store hangs; one that comes at once keeps nobody waiting."""
PROBE_SECONDS = 10.0
"""How long a store that hung is left alone; then one caller tries it."""
TIMEOUT = "timeout"


class StoreTrouble(Exception):
    """The store did not do it; `reason` in a word. It is logged already."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"store: {reason}")
        self.reason = reason


class StoreSkipped(StoreTrouble):
    """The store was not asked: it hung a moment ago."""


class StoreHealth:
    """What is known of one store. Belongs to one event loop, and to everybody there who uses the store.

    A store that hung is left alone for PROBE_SECONDS, then one caller probes it. If only writing hung (a file locked by
    another process, a locked table, a disk that does not write), reading goes on. Each reason is logged once, until the
    store works again.
    """

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self.clock, self._telemetry = clock, telemetry
        self._closed_until = float("-inf")
        self._only_writes = False  # reading goes on
        self._by_write = False  # the store hung for a writer; nothing is known of readers
        self._logged: dict[str, bool] = {}  # reasons, and whether only writing failed

    def hangs(self, *, writes: bool = False) -> bool:
        """Return whether the store is left alone just now."""
        return self.clock.monotonic() < self._closed_until and (writes or not self._only_writes)

    def admit(self, *, writes: bool = False) -> None:
        """Let a caller through: everybody while all is well, one as the probe after a pause. Raises StoreSkipped."""
        if self.hangs(writes=writes):
            raise StoreSkipped("skipped")
        if self._closed_until > float("-inf") and (writes or not self._only_writes):
            self._closed_until = self.clock.monotonic() + PROBE_SECONDS

    @asynccontextmanager
    async def watched(
        self, event: str, *, writes: bool = False, seconds: float | None = None, **values: str | int
    ) -> AsyncIterator[None]:
        """Learn from how the body's work with the store ends; it may take `seconds`, None for no limit of its own.

        `event` and `values` are for the log. Raises StoreTrouble. A store that hangs is tried all the same: this is for
        work nobody waits for.
        """
        began = self.clock.monotonic()
        try:
            async with within(self.clock, seconds):
                yield
        except TimeoutError:
            trouble = TIMEOUT
        except (ArtifactsError, ToolRunsUnavailable, BreakerStateUnavailable, CacheUnavailable) as error:
            trouble = error.reason
        else:
            self._answered(writes)
            return
        if self.clock.monotonic() - began >= HANGING_SECONDS:
            self._leave_alone(writes, trouble)
        self._log(trouble, event, writes, values)
        raise StoreTrouble(trouble)

    # --- details ------------------------------------------------------------------------------------------

    def _answered(self, writes: bool) -> None:
        if not writes and self._by_write:  # the next writer is the probe
            self._closed_until, self._only_writes = self.clock.monotonic(), True
        elif writes or not self._only_writes:
            self._closed_until, self._only_writes = float("-inf"), False
        self._by_write = False
        self._logged = {} if writes else {reason: True for reason, only in self._logged.items() if only}

    def _leave_alone(self, writes: bool, trouble: str) -> None:
        """Close the store; to writers only if it was read since, or if the trouble is one of writers alone."""
        fresh = self._closed_until == float("-inf")
        self._only_writes = writes and (self._only_writes or (fresh and trouble != TIMEOUT))
        self._by_write = writes and not self._only_writes and (fresh or self._by_write)
        self._closed_until = self.clock.monotonic() + PROBE_SECONDS

    def _log(self, reason: str, event: str, writes: bool, values: dict[str, str | int]) -> None:
        if reason not in self._logged:
            self._telemetry.event("warning", event, reason=reason, **values)
        self._logged[reason] = writes and self._logged.get(reason, True)


class StoreBudget:
    """What the store may still add to one turn. Those who wait at the same time spend the same seconds."""

    def __init__(self, watch: StoreHealth) -> None:
        self.watch = watch
        self._left = STORE_SECONDS
        self._waiting = 0
        self._since = 0.0

    @asynccontextmanager
    async def asked(self, event: str, *, writes: bool = False, **values: str | int) -> AsyncIterator[None]:
        """Limit the body's work with the store and learn from it. Raises StoreTrouble; StoreSkipped before the body."""
        self.watch.admit(writes=writes)
        with_limit = self.watch.watched(event, writes=writes, seconds=self._limit(), **values)
        async with self._counted(), with_limit:
            yield

    @asynccontextmanager
    async def spent(self) -> AsyncIterator[None]:
        """Limit waiting for others who work with the store. Raises TimeoutError."""
        async with self._counted(), within(self.watch.clock, self._limit()):
            yield

    async def wait(self, tasks: "Collection[asyncio.Task[None]]", seconds: float) -> None:
        """Wait a little for tasks that work with the store, unless it hangs."""
        if not self.watch.hangs(writes=True):
            with suppress(TimeoutError):
                async with self.spent():
                    await asyncio.wait(tasks, timeout=seconds)

    def _limit(self) -> float:
        """Return the seconds a wait that begins now may take; enough for a store that is well, in every case."""
        now = self.watch.clock.monotonic()
        left = self._left - (now - self._since if self._waiting else 0.0)
        return max(left, QUICK_SECONDS)

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        clock = self.watch.clock
        if not self._waiting:
            self._since = clock.monotonic()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            took = clock.monotonic() - self._since
            if not self._waiting and took > QUICK_SECONDS:
                self._left -= took


@asynccontextmanager
async def within(clock: Clock, seconds: float | None) -> AsyncIterator[None]:
    """Limit the body by a clock that tests can move. Raises TimeoutError."""
    if seconds is None:
        yield
        return
    async with asyncio.timeout(None) as limit:
        loop, over = asyncio.get_running_loop(), False

        def end(alarm: "asyncio.Task[None]") -> None:
            if not (over or alarm.cancelled()):
                limit.reschedule(loop.time())

        alarm = loop.create_task(clock.sleep_until(clock.monotonic() + seconds), name="openrouter-pipe-store-time")
        alarm.add_done_callback(end)
        try:
            yield
        finally:
            over = True
            alarm.cancel()
