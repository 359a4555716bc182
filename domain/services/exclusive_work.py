"""Background work that one process at a time does; the others wait, then do their own.

Without leases, and while their store fails, nobody waits (law 7).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ports.clock import Clock
from ports.leases import Lease, Leases, LeasesUnavailable

LEASE_SECONDS = 60.0
AGAIN_SECONDS = 5.0
"""Between two tries to get the lease."""


class Overtaken(Exception):
    """Another process does the work now."""


class Exclusive:
    """The right to do the work now; without a lease nobody else respects it."""

    def __init__(self, leases: Leases | None, lease: Lease | None, clock: Clock) -> None:
        self._leases, self._lease, self._clock = leases, lease, clock
        self._extend_at = clock.monotonic() + LEASE_SECONDS / 4

    async def hold(self) -> None:
        """Keep the right; call it before each small part of the work. Raises Overtaken."""
        lease, now = self._lease, self._clock.monotonic()
        if self._leases is None or lease is None or now < self._extend_at:
            return
        try:
            taken = await self._leases.take(lease.name, lease.owner, self._clock.now(), LEASE_SECONDS)
        except LeasesUnavailable:  # it may be extended later; until it expires it is ours
            return
        if taken is None or taken.fence != lease.fence:
            raise Overtaken
        self._extend_at = now + LEASE_SECONDS / 4

    async def release(self) -> None:
        """Let others begin."""
        if self._leases is not None and self._lease is not None:
            try:
                await self._leases.release(self._lease)
            except LeasesUnavailable:  # it expires by itself
                pass


class ExclusiveWork:
    """The use case; belongs to one event loop. `leases` returns those that processes share, None if there are none."""

    def __init__(self, leases: Callable[[], Awaitable[Leases | None]] | None, owner: str, clock: Clock) -> None:
        self._leases, self._owner, self._clock = leases, owner, clock

    @asynccontextmanager
    async def begun(self, name: str) -> AsyncIterator[Exclusive]:
        """Wait until no other process does `name`, and keep it from beginning inside the block."""
        leases = await self._leases() if self._leases is not None else None
        held = Exclusive(leases, await self._taken(leases, name), self._clock)
        try:
            yield held
        finally:
            await asyncio.shield(held.release())

    async def _taken(self, leases: Leases | None, name: str) -> Lease | None:
        while leases is not None:
            try:
                lease = await leases.take(name, self._owner, self._clock.now(), LEASE_SECONDS)
            except LeasesUnavailable:
                break
            if lease is not None:
                return lease
            await self._clock.sleep_until(self._clock.monotonic() + AGAIN_SECONDS)
        return None
