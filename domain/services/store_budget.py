"""How long turns wait for the store, and when they skip it.

Memory, breakers, budgets, the ledger and the tool journal ask here before they wait, and share what each learns about
the store. A hanging store costs one turn its seconds; the turns after it skip the store at once (law 7).
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from domain.services.measured import STORE_FAILURES
from ports.artifacts import ArtifactsError
from ports.breaker_state import BreakerStateUnavailable
from ports.budgets import BudgetsUnavailable
from ports.cache import CacheUnavailable
from ports.clock import Clock
from ports.ledger import OPENING, LedgerUnavailable
from ports.metrics import Metrics
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRunsUnavailable

STORE_SECONDS = 3.0
"""Seconds that the store may add to one turn before its first token, in all."""
QUICK_SECONDS = 0.25
"""Seconds within which an answer of the store is free; every operation may take at least this long."""
HANGING_SECONDS = 1.0
"""A failure that takes this many seconds means that the store hangs; a quick failure delays nobody."""
PROBE_SECONDS = 10.0
"""Seconds for which a hanging store is skipped; then one caller probes it."""
TIMEOUT, HANGS = "timeout", "store_hangs"
STORE_ERRORS = (
    ArtifactsError,
    ToolRunsUnavailable,
    BreakerStateUnavailable,
    CacheUnavailable,
    LedgerUnavailable,
    BudgetsUnavailable,
)


class StoreTrouble(Exception):
    """The store failed; `reason` is one word. The failure is already logged."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"store: {reason}")
        self.reason = reason


class StoreSkipped(StoreTrouble):
    """The store was skipped because it hung a moment ago."""


class StoreHealth:
    """The health of one store. Belongs to one event loop and is shared by everything in it that uses the store.

    A hanging store is skipped for PROBE_SECONDS, then one caller probes it. If only writes hang (a file locked by
    another process, a locked table, a stuck disk), reads continue. Each reason is logged once until the store recovers.
    """

    def __init__(self, clock: Clock, telemetry: Telemetry, metrics: Metrics | None = None) -> None:
        self.clock, self._telemetry, self._metrics = clock, telemetry, metrics
        self._closed_until = float("-inf")
        self._only_writes = False  # reads continue
        self._by_write = False  # a write hung; reads are untested
        self._logged: dict[str, bool] = {}  # logged reasons, and whether only writes failed

    def hangs(self, *, writes: bool = False) -> bool:
        """Return whether the store is skipped now."""
        return self.clock.monotonic() < self._closed_until and (writes or not self._only_writes)

    def admit(self, *, writes: bool = False) -> None:
        """Admit a caller: every caller while the store is well, one probe after a pause. Raises StoreSkipped."""
        if self.hangs(writes=writes):
            raise StoreSkipped("skipped")
        if self._closed_until > float("-inf") and (writes or not self._only_writes):
            self._closed_until = self.clock.monotonic() + PROBE_SECONDS

    @asynccontextmanager
    async def watched(
        self,
        event: str,
        *,
        writes: bool = False,
        seconds: float | None = None,
        decides: bool = True,
        **values: str | int,
    ) -> AsyncIterator[None]:
        """Update the health by how the work in the body ends; `seconds` limits it, None for no limit.

        Unless it `decides`, a failure is logged, but nobody else skips the store for it: whoever sets a short limit may
        only have had a busy event loop. `event` and `values` are for the log. Whoever reports quick failures itself
        passes "": they leave what others log alone. Raises StoreTrouble. Does not skip a hanging store: use this for
        work that nothing waits for.
        """
        began = self.clock.monotonic()
        try:
            async with within(self.clock, seconds):
                yield
        except TimeoutError:
            trouble = TIMEOUT
        except STORE_ERRORS as error:
            trouble = error.reason
        else:
            self._answered(writes, speaks=bool(event))
            return
        if trouble == OPENING:  # no answer of the store, however long it took
            raise StoreTrouble(trouble)
        if decides and self.clock.monotonic() - began >= HANGING_SECONDS:
            self._leave_alone(writes, trouble)
            event = event or HANGS
        self._log(trouble, event, writes, values)
        raise StoreTrouble(trouble)

    # --- details ------------------------------------------------------------------------------------------

    def _answered(self, writes: bool, *, speaks: bool) -> None:
        was_open = self._closed_until == float("-inf")
        if not writes and self._by_write:  # let the next writer probe
            self._closed_until, self._only_writes = self.clock.monotonic(), True
        elif writes or not self._only_writes:
            self._closed_until, self._only_writes = float("-inf"), False
        self._by_write = False
        if speaks or not was_open:
            self._logged = {} if writes else {reason: True for reason, only in self._logged.items() if only}

    def _leave_alone(self, writes: bool, trouble: str) -> None:
        """Skip the store; only for writers if reads still work or the error concerns writes alone."""
        fresh = self._closed_until == float("-inf")
        self._only_writes = writes and (self._only_writes or (fresh and trouble != TIMEOUT))
        self._by_write = writes and not self._only_writes and (fresh or self._by_write)
        self._closed_until = self.clock.monotonic() + PROBE_SECONDS

    def _log(self, reason: str, event: str, writes: bool, values: dict[str, str | int]) -> None:
        if self._metrics is not None:
            self._metrics.count(STORE_FAILURES, (reason,))
        if not event:
            return
        if reason not in self._logged:
            self._telemetry.event("warning", event, reason=reason, **values)
        self._logged[reason] = writes and self._logged.get(reason, True)


class StoreBudget:
    """The time the store may still add to one turn. Callers that wait at the same time share the same seconds."""

    def __init__(self, health: StoreHealth) -> None:
        self.health = health
        self._left = STORE_SECONDS
        self._waiting = 0
        self._since = 0.0

    @asynccontextmanager
    async def asked(self, event: str, *, writes: bool = False, **values: str | int) -> AsyncIterator[None]:
        """Limit the body's work with the store and update its health. Raises StoreTrouble, or StoreSkipped at once."""
        self.health.admit(writes=writes)
        with_limit = self.health.watched(event, writes=writes, seconds=self._limit(), decides=True, **values)
        async with self._counted(), with_limit:
            yield

    @asynccontextmanager
    async def spent(self, most: float = STORE_SECONDS) -> AsyncIterator[None]:
        """Limit a wait for other tasks that use the store, to `most` seconds in any case. Raises TimeoutError."""
        async with self._counted(), within(self.health.clock, min(most, self._limit())):
            yield

    async def wait(self, tasks: "Collection[asyncio.Task[None]]", seconds: float) -> None:
        """Wait at most `seconds` for tasks that use the store; do not wait if it hangs."""
        if not self.health.hangs(writes=True):
            with suppress(TimeoutError):
                async with self.spent():
                    await asyncio.wait(tasks, timeout=seconds)

    def _limit(self) -> float:
        """Return the limit in seconds for a wait that begins now; always enough for a healthy store."""
        now = self.health.clock.monotonic()
        left = self._left - (now - self._since if self._waiting else 0.0)
        return max(left, QUICK_SECONDS)

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        clock = self.health.clock
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


class Unlimited(StoreBudget):
    """The budget for a store that answers at once or limits its own waits: nothing is limited or counted here."""

    @asynccontextmanager
    async def asked(self, event: str, *, writes: bool = False, **values: str | int) -> AsyncIterator[None]:
        """Run the body."""
        yield


@asynccontextmanager
async def within(clock: Clock, seconds: float | None) -> AsyncIterator[None]:
    """Limit the body by a clock that tests can control. Raises TimeoutError."""
    if seconds is None:
        yield
        return
    async with asyncio.timeout(None) as limit:
        loop = asyncio.get_running_loop()
        cancel = clock.call_at(clock.monotonic() + seconds, lambda: limit.reschedule(loop.time()))
        try:
            yield
        finally:
            cancel()
