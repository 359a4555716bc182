"""Background passes: work that comes again from time to time, and that one process at a time does, by a fenced lease.

A pass begins with a turn that finds it due. No task waits for the next one, so nothing keeps running when the pipe is
no longer used.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ports.clock import Clock
from ports.ids import Ids
from ports.leases import Lease, Leases, LeasesUnavailable
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

LEASE_SECONDS, RENEW_SECONDS = 300.0, 30.0
FIRST_AFTER = 60.0
"""Seconds after the first turn before the first pass begins; up to twice as many, by chance."""


class Leased(Protocol):
    """A store whose work is given out by leases."""

    @property
    def leases(self) -> Leases:
        """The leases beside it."""
        ...


S = TypeVar("S", bound=Leased)  # `S | None` only in quotes: the caches of `typing` would keep it, and this module


class Overtaken(Exception):
    """Another process holds the lease now, or has held it since."""


class HeldLease:
    """A lease while its work goes on."""

    def __init__(self, leases: Leases, lease: Lease, clock: Clock) -> None:
        self._leases, self._lease, self._clock = leases, lease, clock
        self._renewed = clock.monotonic()

    async def renew(self) -> None:
        """Make sure of the lease; call it before each further write: it asks the store every RENEW_SECONDS only.

        Raises Overtaken or LeasesUnavailable: then write nothing more.
        """
        if self._clock.monotonic() - self._renewed < RENEW_SECONDS:
            return
        lease = self._lease
        taken = await self._leases.take(lease.name, lease.owner, self._clock.now(), LEASE_SECONDS)
        if taken is None:
            raise Overtaken
        self._lease, self._renewed = taken, self._clock.monotonic()
        if taken.fence != lease.fence:  # it had expired, and somebody may have worked meanwhile
            raise Overtaken

    async def release(self) -> None:
        """Give the lease back; if that fails, it expires by itself."""
        with suppress(LeasesUnavailable):
            await self._leases.release(self._lease)


class Leasing:
    """Takes leases in the name of one worker."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock, self._owner = clock, ids.new_id()

    @asynccontextmanager
    async def held(self, leases: Leases, name: str) -> AsyncIterator[HeldLease | None]:
        """Hold a lease during the body, None while another worker holds it. Raises LeasesUnavailable."""
        lease = await leases.take(name, self._owner, self._clock.now(), LEASE_SECONDS)
        if lease is None:
            yield None
            return
        held = HeldLease(leases, lease, self._clock)
        try:
            yield held
        finally:
            await asyncio.shield(held.release())


@dataclass(frozen=True, slots=True)
class Frame:
    """`lease` names the work in the store, `task` the task, and `failed` the log event of a pass that failed.

    A pass that raises one of `troubles` failed for a `reason` that the store gives; anything else is a defect. The
    first pass is due `first_after` seconds after the first call, or up to twice as many.
    """

    lease: str
    task: str
    failed: str
    troubles: tuple[type[Exception], ...] = ()
    first_after: float = FIRST_AFTER


class BackgroundPass:
    """The passes of one kind, one at a time for each key (a namespace, say). Belongs to one event loop."""

    def __init__(self, frame: Frame, clock: Clock, ids: Ids, telemetry: Telemetry) -> None:
        self._frame, self._clock, self._ids, self._telemetry = frame, clock, ids, telemetry
        self._troubles: tuple[type[Exception], ...] = (LeasesUnavailable, *frame.troubles)
        self._leasing = Leasing(clock, ids)
        self._due: dict[str, float] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._complaint = ""
        self._over = False

    def is_due(self, key: str) -> bool:
        """Return whether a pass may begin: some time after the first call, then as `begin` said."""
        now = self._clock.monotonic()
        due = self._due.get(key)
        if due is None:
            due = self._due[key] = now + self._frame.first_after * (1 + self._ids.jitter())
        return now >= due and key not in self._tasks and not self._over

    def begin(self, key: str, every: float, longest_jitter: float, start: Callable[[], Awaitable[None]]) -> None:
        """Start a pass if it is due; the next is due `every` seconds later, and up to `longest_jitter` more.

        Cheap enough for every turn; needs a running loop. `start` ends with `run` or `guard`.
        """
        if not self.is_due(key):
            return
        self._due[key] = self._clock.monotonic() + every + self._ids.jitter() * longest_jitter
        task = asyncio.get_running_loop().create_task(
            _awaited(start), name=f"openrouter-pipe-{self._frame.task}", context=of_no_turn()
        )
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    def hasten(self, key: str) -> None:
        """Make a pass due now."""
        self._due[key] = self._clock.monotonic()

    async def run(
        self, key: str, opened: "Callable[[], Awaitable[S | None]]", work: Callable[[S, HeldLease], Awaitable[None]]
    ) -> bool:
        """Do the work once, unless another process does it or there is no store. Raises nothing but cancellation.

        The work raises Overtaken once the lease does.

        Returns True if it ended well: with all that was to be done, or because another process goes on with it.
        """
        return await self.guard(lambda: self._leased(key, opened, work))

    def held(self, leases: Leases, key: str) -> AbstractAsyncContextManager[HeldLease | None]:
        """Hold the lease of `key` during the body, None while another process holds it. Raises LeasesUnavailable.

        For work that goes on without the lease, or without a store; `run` is for all other.
        """
        return self._leasing.held(leases, f"{self._frame.lease}:{key}")

    async def guard(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Do work that returns whether it ended well. Log its failures. Raises nothing but cancellation."""
        try:
            if not await work():
                return False
        except self._troubles as error:
            self._complain(str(getattr(error, "reason", error)))
        except Exception as defect:  # noqa: BLE001 - the edge of a background task: else nothing reports it
            self._complain(f"{type(defect).__name__} in the work itself")
        else:
            self._complaint = ""
            return True
        return False

    async def drained(self) -> None:
        """Return once no pass runs."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def aclose(self) -> None:
        """Stop, and wait until it has stopped; nothing begins any more."""
        self._over = True
        for task in self._tasks.values():
            task.cancel()
        await self.drained()

    # --- details ------------------------------------------------------------------------------------------

    async def _leased(
        self, key: str, opened: "Callable[[], Awaitable[S | None]]", work: Callable[[S, HeldLease], Awaitable[None]]
    ) -> bool:
        store = await opened()
        if store is None:
            return False
        async with self.held(store.leases, key) as held:
            if held is None:
                return False
            try:
                await work(store, held)
            except Overtaken:
                pass  # the other process does the rest
            return True

    def _complain(self, about: str) -> None:
        """Log a failure once, until it changes or the work ends well."""
        if about != self._complaint:
            self._complaint = about
            self._telemetry.event("warning", self._frame.failed, reason=about)


async def _awaited(start: Callable[[], Awaitable[None]]) -> None:
    await start()
