"""The contract of every Slots."""

import asyncio

import pytest

from adapters.process.slots import ProcessSlots
from ports.slots import Slots, SlotsFull

SLOTS: tuple[type[Slots], ...] = (ProcessSlots,)


@pytest.fixture
def slots() -> Slots:
    return ProcessSlots({})


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def in_line(slots: Slots, limit: int = 1, waiting_limit: int = 10) -> asyncio.Task[None]:
    return asyncio.create_task(slots.acquire(limit, waiting_limit))


async def test_slots_are_granted_up_to_the_limit(slots):
    assert [slots.try_acquire(2) for _ in range(3)] == [True, True, False]


async def test_a_released_slot_can_be_taken_again(slots):
    slots.try_acquire(1)
    slots.release()
    assert slots.try_acquire(1)


async def test_a_free_slot_is_taken_without_waiting(slots):
    await slots.acquire(1, 0)
    assert not slots.try_acquire(1)


async def test_the_limit_may_differ_per_call(slots):
    slots.try_acquire(1)
    assert not slots.try_acquire(1)
    assert slots.try_acquire(2)


async def test_the_queue_is_served_first_come_first_served(slots):
    slots.try_acquire(1)
    served = []

    async def wait(name: str) -> None:
        await slots.acquire(1, 10)
        served.append(name)
        slots.release()

    waiting = []
    for name in "abc":
        waiting.append(asyncio.create_task(wait(name)))
        await settle()
    slots.release()
    await asyncio.gather(*waiting)
    assert served == ["a", "b", "c"]


async def test_no_caller_overtakes_the_queue(slots):
    slots.try_acquire(1)
    first = in_line(slots)
    await settle()
    slots.release()
    assert not slots.try_acquire(1)
    await first


async def test_a_full_queue_refuses_and_takes_nothing(slots):
    slots.try_acquire(1)
    first = in_line(slots, waiting_limit=1)
    await settle()
    with pytest.raises(SlotsFull) as caught:
        await slots.acquire(1, 1)
    assert caught.value.waiting == 1
    slots.release()
    await first
    slots.release()
    assert slots.try_acquire(1)


async def test_a_cancelled_waiter_leaves_the_queue(slots):
    slots.try_acquire(1)
    first, second = in_line(slots), in_line(slots)
    await settle()
    first.cancel()
    await settle()
    slots.release()
    async with asyncio.timeout(1):
        await second


async def test_a_slot_assigned_to_a_cancelled_waiter_goes_to_the_next(slots):
    slots.try_acquire(1)
    first, second = in_line(slots), in_line(slots)
    await settle()
    slots.release()
    first.cancel()
    async with asyncio.timeout(1):
        await second
    assert first.cancelled()
    slots.release()
    assert slots.try_acquire(1)


async def test_a_slot_assigned_to_a_cancelled_waiter_is_free_when_the_queue_is_empty(slots):
    slots.try_acquire(1)
    only = in_line(slots)
    await settle()
    slots.release()
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    assert slots.try_acquire(1)


async def test_a_raised_limit_serves_callers_already_waiting(slots):
    slots.try_acquire(1)
    first = in_line(slots, limit=1)
    await settle()
    second = in_line(slots, limit=3)
    async with asyncio.timeout(1):
        await asyncio.gather(first, second)


async def test_slots_are_neither_lost_nor_duplicated_under_random_cancelling(slots):
    taken = most = 0

    async def work(number: int) -> None:
        nonlocal taken, most
        await slots.acquire(3, 1000)
        taken += 1
        most = max(most, taken)
        try:
            for _ in range(number % 4):
                await asyncio.sleep(0)
        finally:
            taken -= 1
            slots.release()

    tasks = [asyncio.create_task(work(number)) for number in range(300)]
    for number, task in enumerate(tasks):
        if number % 3 == 0:
            await asyncio.sleep(0)
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most <= 3
    assert [slots.try_acquire(3) for _ in range(4)] == [True, True, True, False]
