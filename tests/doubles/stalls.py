"""The longest stall of the event loop, measured from inside."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

EVERY = 0.005


@dataclass(slots=True)
class Stalls:
    """The longest time between two iterations of the loop so far, in s.

    `own`: the same, without what other processes of the machine kept this one from running.
    """

    longest: float = 0.0
    own: float = 0.0


@asynccontextmanager
async def measured_stalls() -> AsyncIterator[Stalls]:
    """Measure while the body runs."""
    stalls = Stalls()

    async def tick() -> None:
        while True:
            began, busy = time.monotonic(), time.process_time()
            await asyncio.sleep(EVERY)
            took, busy = time.monotonic() - began, time.process_time() - busy
            stalls.longest, stalls.own = max(stalls.longest, took), max(stalls.own, min(took, busy))

    ticking = asyncio.create_task(tick())
    try:
        yield stalls
    finally:
        await asyncio.sleep(EVERY)
        ticking.cancel()
