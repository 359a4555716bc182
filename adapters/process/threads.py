"""Runs pure work in a few threads of this pipe: the host's threads may all be busy waiting."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from ports.offload import LARGE

THREADS = 2
T = TypeVar("T")


class ThreadOffload:
    """Implements Offload with threads that start with the first large piece of work."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="openrouter-pipe-work")

    async def run(self, work: Callable[[], T], *, size: int) -> T:
        """Return or raise the result of `work()`. After `aclose` large work raises RuntimeError."""
        if size < LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(_done, work))

    async def aclose(self) -> None:
        """Stop the threads after the accepted work is done."""
        await asyncio.to_thread(self._threads.shutdown)


def _done(work: Callable[[], T]) -> T:
    """Call `work`, replacing StopIteration: a future cannot carry it, so its waiter would never wake."""
    try:
        return work()
    except StopIteration as stop:
        raise RuntimeError("work raised StopIteration") from stop
