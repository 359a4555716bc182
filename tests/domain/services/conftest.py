"""Fail a test that leaves a task running."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator
from typing import Any
from weakref import WeakSet

import pytest

from tests.doubles.clock import until


@pytest.fixture(autouse=True)
async def nothing_left_running() -> AsyncIterator[None]:
    begun = WeakSet[asyncio.Task[Any]]()

    def begin(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any], **more: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **more)
        begun.add(task)
        return task

    # The loop's own list holds the tasks of all tests that are no garbage yet: it took longer than most tests.
    asyncio.get_running_loop().set_task_factory(begin)
    yield
    me = asyncio.current_task()
    await until(lambda: all(task is me or task.done() for task in begun))
