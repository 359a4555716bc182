"""Work in a task of its own, which goes on when whoever waits for it is cancelled.

As `asyncio.shield`, but the waiter resumes one pass of the event loop sooner: with many turns at once a pass takes
milliseconds, and the words of each wait for several.
"""

import asyncio
from collections.abc import Coroutine
from typing import Generic, TypeVar

T = TypeVar("T")


class ShieldedTask(Generic[T]):
    """Starts `work` as `task`, which the creator may cancel. An error that nobody waits for any more is dropped."""

    def __init__(self, work: Coroutine[object, object, T], name: str) -> None:
        self._over = asyncio.Event()
        self._work = work
        self.task: asyncio.Task[T] = asyncio.get_running_loop().create_task(self._run(), name=name)
        self.task.add_done_callback(self._ended)

    async def result(self) -> T:
        """Wait for the result, or raise what the work raised. Cancelling this leaves the work running."""
        await self._over.wait()
        return await self.task

    async def _run(self) -> T:
        try:
            return await self._work
        finally:
            self._over.set()

    def _ended(self, task: "asyncio.Task[T]") -> None:
        self._work.close()  # a task that is cancelled before its first step never begins it
        self._over.set()
        if not task.cancelled():
            task.exception()
