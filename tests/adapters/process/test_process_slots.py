"""Slots shared by loads, event loops and threads of one process."""

import asyncio
import threading
from typing import Any

import pytest

from adapters.process.slots import ProcessSlots
from tests.patience import PATIENCE, eventually


def test_two_loads_share_one_count():
    state: dict[str, Any] = {}
    old, new = ProcessSlots(state), ProcessSlots(state)
    assert [old.try_acquire(2), new.try_acquire(2), old.try_acquire(2)] == [True, True, False]


def test_slots_of_different_names_are_counted_separately():
    state: dict[str, Any] = {}
    requests, tools = ProcessSlots(state, "requests"), ProcessSlots(state, "tools")
    assert [requests.try_acquire(1), tools.try_acquire(1)] == [True, True]


def test_releasing_more_than_was_taken_is_an_error():
    with pytest.raises(RuntimeError):
        ProcessSlots({}).release()


def test_only_objects_of_the_standard_library_are_shared():
    state: dict[str, Any] = {}
    ProcessSlots(state).try_acquire(1)
    kinds = {type(value).__module__ for value in state["slots:requests:by_owner"].values()}
    assert kinds <= {"builtins", "collections", "_thread"}


async def test_a_slot_released_in_another_thread_wakes_the_waiter():
    slots = ProcessSlots({})
    slots.try_acquire(1)
    waiting = asyncio.create_task(slots.acquire(1, 10))
    await eventually(lambda: slots.waiting == 1)
    await asyncio.to_thread(slots.release)
    async with asyncio.timeout(PATIENCE):
        await waiting


async def test_the_queue_is_shared_by_event_loops_in_order():
    slots, served = ProcessSlots({}), []
    slots.try_acquire(1)

    async def wait(name: str) -> None:
        await slots.acquire(1, 10)
        served.append(name)
        slots.release()

    elsewhere = asyncio.create_task(asyncio.to_thread(asyncio.run, wait("elsewhere")))
    await eventually(lambda: slots.waiting == 1)
    here = asyncio.create_task(wait("here"))
    await eventually(lambda: slots.waiting == 2)
    slots.release()
    await asyncio.gather(elsewhere, here)
    assert served == ["elsewhere", "here"]


def _leave_somebody_waiting(slots: ProcessSlots) -> list[object]:
    """Return objects that keep a waiter alive whose event loop was closed."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(slots.acquire(1, 10))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    return [task]


async def test_a_waiter_whose_loop_was_closed_is_skipped():
    slots = ProcessSlots({})
    slots.try_acquire(1)
    kept = await asyncio.to_thread(_leave_somebody_waiting, slots)
    here = asyncio.create_task(slots.acquire(1, 10))
    await eventually(lambda: slots.waiting == 2)
    slots.release()
    async with asyncio.timeout(PATIENCE):
        await here
    assert slots.taken == 1
    _discard(kept)


async def test_a_waiter_whose_loop_was_closed_does_not_fill_the_queue():
    slots = ProcessSlots({})
    slots.try_acquire(1)
    kept = await asyncio.to_thread(_leave_somebody_waiting, slots)
    here = asyncio.create_task(slots.acquire(1, 1))
    await eventually(lambda: slots.waiting == 1)
    slots.release()
    await here
    _discard(kept)


def _discard(tasks: list[Any]) -> None:
    for task in tasks:
        task._log_destroy_pending = False
    tasks.clear()


def test_many_threads_keep_the_limit():
    slots, lock = ProcessSlots({}), threading.Lock()
    taken = most = 0

    async def work() -> None:
        nonlocal taken, most
        for _ in range(50):
            await slots.acquire(3, 1000)
            with lock:
                taken += 1
                most = max(most, taken)
            await asyncio.sleep(0)
            with lock:
                taken -= 1
            slots.release()

    async def several() -> None:
        await asyncio.gather(*(work() for _ in range(5)))

    threads = [threading.Thread(target=asyncio.run, args=(several(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most <= 3
    assert (slots.taken, slots.waiting) == (0, 0)
