"""Hold the background tasks of one owner until they are done: nothing else refers to them."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ports.turn_scope import of_no_turn

T = TypeVar("T")


class BackgroundTasks:
    """Belongs to one event loop. Whoever begins a task deals with its failure; see `owned_tasks` for those of turns."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        """Run `work` in a named task, which belongs to no turn: it may go on for others."""
        task = asyncio.get_running_loop().create_task(work, name=name, context=of_no_turn())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drained(self) -> None:
        """Return once every task is done, those too that begin meanwhile."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        """Cancel every task and wait until it has ended."""
        for task in self._tasks:
            task.cancel()
        await self.drained()
