"""Wait for something, but not for ever, by the injected clock."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ports.clock import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T], name: str) -> T:
    """Return what `work` returns; after `seconds` cancel it, wait until it is gone and raise TimeoutError."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work, name=name)
    timer = loop.create_task(clock.sleep_until(clock.monotonic() + seconds), name=f"{name}-timer")
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        timer.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait((task,))
