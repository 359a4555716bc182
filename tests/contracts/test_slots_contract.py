"""The contract of every Slots."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.process.slots import ProcessSlots
from ports.slots import Slots, SlotsFull
from tests.patience import PATIENCE

SLOTS: tuple[type[Slots], ...] = (ProcessSlots,)


@pytest.fixture
def slots() -> Slots:
    return ProcessSlots({})


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def in_line(slots: Slots, limit: int = 1, waiting_limit: int = 10, owner: str = "") -> asyncio.Task[None]:
    return asyncio.create_task(slots.acquire(limit, waiting_limit, owner))


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
    async with asyncio.timeout(PATIENCE):
        await second


async def test_a_slot_assigned_to_a_cancelled_waiter_goes_to_the_next(slots):
    slots.try_acquire(1)
    first, second = in_line(slots), in_line(slots)
    await settle()
    slots.release()
    first.cancel()
    async with asyncio.timeout(PATIENCE):
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
    async with asyncio.timeout(PATIENCE):
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


# --- fairness -----------------------------------------------------------------------------------------------


async def test_the_owner_with_the_fewest_slots_is_served_first(slots):
    assert slots.try_acquire(2, "ann")
    assert slots.try_acquire(2, "ben")
    places = [slots.join(2, 10, owner) for owner in ("ann", "ann", "cid")]
    slots.release("ben")
    async with asyncio.timeout(PATIENCE):
        await places[2].served()
    assert [place.ahead() for place in places] == [0, 1, 0]


async def test_callers_of_one_owner_are_served_in_their_order(slots):
    slots.try_acquire(1, "ann")
    first, second = slots.join(1, 10, "ann"), slots.join(1, 10, "ann")
    slots.release("ann")
    async with asyncio.timeout(PATIENCE):
        await first.served()
    assert second.ahead() == 0
    second.leave()


async def test_no_owner_fills_the_queue(slots):
    slots.try_acquire(1)
    for _ in range(89):
        slots.join(1, 100, "ann")
    with pytest.raises(SlotsFull) as caught:
        slots.join(1, 100, "ann")
    assert caught.value.own == 89
    others = [slots.join(1, 100, f"guest {number}") for number in range(11)]
    assert len(others) == 11


async def test_a_lowered_limit_holds_at_once(slots):
    assert [slots.try_acquire(3) for _ in range(3)] == [True, True, True]
    place = slots.join(1, 10)
    slots.release()
    slots.release()
    assert place.ahead() == 0
    assert not slots.try_acquire(1)
    slots.release()
    async with asyncio.timeout(PATIENCE):
        await place.served()


async def test_whoever_leaves_after_being_served_passes_the_slot_on(slots):
    slots.try_acquire(1)
    first, second = slots.join(1, 10, "ann"), slots.join(1, 10, "ben")
    slots.release()
    first.leave()
    first.leave()
    async with asyncio.timeout(PATIENCE):
        await second.served()
    slots.release("ben")
    assert slots.try_acquire(1)


@given(
    owners=st.lists(st.sampled_from("abcde"), min_size=1, max_size=60),
    limit=st.integers(1, 5),
)
def test_positions_say_the_order_of_service(owners, limit):
    asyncio.run(_positions_hold(owners, limit))


async def _positions_hold(owners: list[str], limit: int) -> None:
    """While nobody comes or leaves, whoever is first is served next, and every position falls to zero."""
    slots = ProcessSlots({})
    running = [f"x{number}" for number in range(limit)]
    assert all(slots.try_acquire(limit, owner) for owner in running)
    waiting = [(owner, slots.join(limit, 1000, owner)) for owner in owners]
    served: list[int] = []
    for owner in running:
        ahead = {place.ahead() for index, (_, place) in enumerate(waiting) if index not in served}
        slots.release(owner)
        new = [index for index, (_, place) in enumerate(waiting) if index not in served and place.ahead() == 0]
        assert 0 in ahead
        served += [min(new, default=-1)]
        if len(served) >= len(waiting):
            break
    assert slots.taken + slots.waiting == len(running) - len(served) + len(waiting)


async def test_twenty_owners_get_fair_shares_however_unevenly_they_ask(slots):
    counts: dict[str, int] = {}

    async def work(owner: str) -> None:
        await slots.acquire(10, 10_000, owner)
        counts[owner] = counts.get(owner, 0) + 1
        for _ in range(3):
            await asyncio.sleep(0)
        slots.release(owner)
        if sum(counts.values()) >= 1000:
            raise TimeoutError

    asks = [f"user {number}" for number in range(20) for _ in range(60 if number else 600)]
    tasks = [asyncio.create_task(work(owner)) for owner in asks]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(abs(count - 50) <= 12 for count in counts.values())
