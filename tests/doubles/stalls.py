"""The longest stall of the event loop, measured from inside."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

EVERY = 0.005


@dataclass(slots=True)
class Stalls:
    """The longest time between two iterations of the loop so far, in s."""

    longest: float = 0.0


@asynccontextmanager
async def measured_stalls(*, collecting: bool = False) -> AsyncIterator[Stalls]:
    """Measure while the body runs. `collecting`: collect garbage in every iteration, on the loop's thread."""
    stalls = Stalls()

    async def tick() -> None:
        while True:
            began = time.monotonic()
            if collecting:
                gc.collect()
            await asyncio.sleep(EVERY)
            stalls.longest = max(stalls.longest, time.monotonic() - began)

    ticking = asyncio.create_task(tick())
    try:
        yield stalls
    finally:
        await asyncio.sleep(EVERY)
        ticking.cancel()
