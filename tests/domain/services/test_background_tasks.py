"""Background tasks are held until they are done, and closing leaves none."""

import asyncio

import pytest

from domain.services.background_tasks import BackgroundTasks


@pytest.fixture
def tasks() -> BackgroundTasks:
    return BackgroundTasks()


async def test_a_task_is_held_until_it_is_done(tasks):
    gate = asyncio.Event()
    task = tasks.begin(gate.wait(), "openrouter-pipe-test")
    assert (len(tasks), task.get_name()) == (1, "openrouter-pipe-test")
    gate.set()
    assert await task
    await tasks.drained()
    assert len(tasks) == 0


async def test_tasks_that_begin_meanwhile_are_waited_for_too(tasks):
    done = []

    async def second() -> None:
        done.append("second")

    async def first() -> None:
        tasks.begin(second(), "second")

    tasks.begin(first(), "first")
    await tasks.drained()
    assert done == ["second"]


async def test_closing_cancels_and_waits(tasks):
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("ended")

    tasks.begin(work(), "work")
    await asyncio.sleep(0)
    await tasks.aclose()
    assert (ended, len(tasks)) == (["ended"], 0)
