"""Bounded waiting for something another process does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from entrypoints.devhost.failures import DevhostError

POLL_SECONDS = 0.05


@asynccontextmanager
async def deadline(seconds: float, what: str | Callable[[], str]) -> AsyncIterator[None]:
    """Give the block `seconds`; after that it is cancelled and DevhostError says `what`, asked for only then."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        text = what if isinstance(what, str) else what()
        raise DevhostError(f"{text} within {seconds:.0f} s") from late
