"""Wait for another process with a time limit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from entrypoints.devhost.failures import DevhostError

POLL_SECONDS = 0.05


@asynccontextmanager
async def deadline(seconds: float, what: str | Callable[[], str]) -> AsyncIterator[None]:
    """Cancel the block after `seconds` and raise DevhostError with the text of `what`, which is called only then."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        text = what if isinstance(what, str) else what()
        raise DevhostError(f"{text} within {seconds:.0f} s") from late
