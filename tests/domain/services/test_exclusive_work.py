"""Work that one process at a time does."""

import asyncio
from datetime import datetime

import pytest

from adapters.memory.leases import MemoryLeases
from domain.services.exclusive_work import AGAIN_SECONDS, LEASE_SECONDS, ExclusiveWork, Overtaken
from ports.leases import Lease, Leases, LeasesUnavailable
from tests.doubles.clock import FakeClock, until


class Failing(MemoryLeases):
    """Leases whose store fails after some calls."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self.good = good

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        self.good -= 1
        if self.good < 0:
            raise LeasesUnavailable("locked")
        return await super().take(name, owner, now, seconds)

    async def release(self, lease: Lease) -> None:
        if self.good < 0:
            raise LeasesUnavailable("locked")
        await super().release(lease)


def work(leases: Leases | None, owner: str, clock: FakeClock) -> ExclusiveWork:
    async def shared() -> Leases | None:
        return leases

    return ExclusiveWork(shared, owner, clock)


async def test_one_waits_until_the_other_is_done():
    leases, clock, order = MemoryLeases(), FakeClock(), list[str]()
    one, other = work(leases, "one", clock), work(leases, "other", clock)

    async def second() -> None:
        async with other.begun("rows"):
            order.append("other")

    async with one.begun("rows"):
        waiting = asyncio.create_task(second())
        await until(lambda: len(clock.moments) == 1)
        order.append("one")
    clock.advance(AGAIN_SECONDS)
    await waiting
    assert order == ["one", "other"]


async def test_work_of_another_name_is_not_waited_for():
    leases, clock = MemoryLeases(), FakeClock()
    async with work(leases, "one", clock).begun("rows"), work(leases, "other", clock).begun("icons"):
        assert clock.moments == []


async def test_long_work_keeps_its_right():
    leases, clock = MemoryLeases(), FakeClock()
    async with work(leases, "one", clock).begun("rows") as held:
        for _ in range(10):
            clock.advance(LEASE_SECONDS / 2)
            await held.hold()
        assert await leases.take("rows", "other", clock.now(), 1.0) is None


async def test_whoever_was_overtaken_hears_of_it():
    leases, clock = MemoryLeases(), FakeClock()
    async with work(leases, "one", clock).begun("rows") as held:
        clock.advance(LEASE_SECONDS + 1)
        await leases.take("rows", "other", clock.now(), 99.0)
        with pytest.raises(Overtaken):
            await held.hold()


async def test_a_right_that_was_lost_and_taken_back_is_not_the_same():
    leases, clock = MemoryLeases(), FakeClock()
    async with work(leases, "one", clock).begun("rows") as held:
        clock.advance(LEASE_SECONDS + 1)
        await leases.take("rows", "other", clock.now(), 1.0)
        clock.advance(2.0)
        with pytest.raises(Overtaken):
            await held.hold()


@pytest.mark.parametrize("good", [0, 1])
async def test_nobody_waits_while_the_store_of_leases_fails(good: int):
    leases, clock = Failing(good), FakeClock()
    async with work(leases, "one", clock).begun("rows") as held:
        clock.advance(LEASE_SECONDS / 2)
        await held.hold()
    assert clock.moments == []


@pytest.mark.parametrize("shared", [True, False])
async def test_nobody_waits_without_leases(shared: bool):
    clock = FakeClock()
    alone = work(None, "one", clock) if shared else ExclusiveWork(None, "", clock)
    async with alone.begun("rows") as held:
        await held.hold()
    assert clock.moments == []
