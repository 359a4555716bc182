"""A background pass comes again from time to time, in one process at a time, and never raises."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from adapters.memory.leases import MemoryLeases
from domain.services.background_pass import (
    FIRST_AFTER,
    LEASE_SECONDS,
    RENEW_SECONDS,
    BackgroundPass,
    Frame,
    HeldLease,
    Overtaken,
)
from ports.leases import Lease, LeasesUnavailable
from tests.doubles.clock import FakeClock, settled
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry


class StoreDown(Exception):
    """The store of the tests is down."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"store: {reason}")
        self.reason = reason


FRAME = Frame("work", "test-pass", "work_failed", (StoreDown,))
Work = Callable[["Store", HeldLease], Awaitable[None]]


@dataclass
class Store:
    """A store with leases."""

    leases: MemoryLeases


class Workers:
    """Workers that share a clock, a log and a store."""

    def __init__(self) -> None:
        self.clock, self.log, self.ids = FakeClock(), RecordedTelemetry(), FakeIds()
        self.leases = MemoryLeases()
        self.store: Store | None = Store(self.leases)
        self.done: list[str] = []

    def worker(self) -> BackgroundPass:
        return BackgroundPass(FRAME, self.clock, self.ids, self.log)

    async def opened(self) -> Store | None:
        return self.store

    async def work(self, store: Store, held: HeldLease) -> None:
        self.done.append("done")

    async def another_holds(self) -> Lease:
        lease = await self.leases.take("work:key", "another", self.clock.now(), LEASE_SECONDS)
        assert lease is not None
        return lease


@pytest.fixture
def workers() -> Workers:
    return Workers()


async def test_the_work_is_done_under_a_lease_that_is_given_back(workers):
    async def work(store: Store, held: HeldLease) -> None:
        assert await store.leases.take("work:key", "another", workers.clock.now(), 1) is None
        workers.done.append("done")

    assert await workers.worker().run("key", workers.opened, work)
    assert workers.done == ["done"]
    await workers.another_holds()


async def test_one_of_several_workers_does_the_work(workers):
    gate = asyncio.Event()

    async def work(store: Store, held: HeldLease) -> None:
        workers.done.append("done")
        await gate.wait()

    tasks = [asyncio.create_task(workers.worker().run("key", workers.opened, work)) for _ in range(5)]
    await settled()
    gate.set()
    assert sorted(await asyncio.gather(*tasks)) == [False] * 4 + [True]
    assert workers.done == ["done"]


async def test_keys_do_not_wait_for_each_other(workers):
    await workers.another_holds()
    assert not await workers.worker().run("key", workers.opened, workers.work)
    assert await workers.worker().run("other", workers.opened, workers.work)


async def test_without_a_store_nothing_is_done(workers):
    workers.store = None
    assert not await workers.worker().run("key", workers.opened, workers.work)
    assert (workers.done, workers.log.lines) == ([], [])


async def test_a_lease_is_extended_while_the_work_goes_on(workers):
    async def work(store: Store, held: HeldLease) -> None:
        for _ in range(20):
            workers.clock.advance(LEASE_SECONDS / 10)
            await held.renew()
        assert await store.leases.take("work:key", "another", workers.clock.now(), 1) is None
        workers.done.append("done")

    assert await workers.worker().run("key", workers.opened, work)
    assert workers.done == ["done"]


async def test_a_renewal_asks_the_store_only_from_time_to_time(workers):
    asked = []

    class Counting(MemoryLeases):
        async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
            asked.append(name)
            return await super().take(name, owner, now, seconds)

    workers.store = Store(Counting())

    async def work(store: Store, held: HeldLease) -> None:
        for _ in range(10):
            await held.renew()
        workers.clock.advance(RENEW_SECONDS)
        await held.renew()

    await workers.worker().run("key", workers.opened, work)
    assert len(asked) == 2


@pytest.mark.parametrize("still_held", [True, False])
async def test_a_worker_that_was_overtaken_stops_and_leaves_the_other_its_lease(workers, still_held):
    async def work(store: Store, held: HeldLease) -> None:
        workers.clock.advance(LEASE_SECONDS + 1)
        lease = await workers.another_holds()
        if not still_held:
            await workers.leases.release(lease)
        with pytest.raises(Overtaken):
            await held.renew()
        workers.done.append("overtaken")
        raise Overtaken

    assert await workers.worker().run("key", workers.opened, work)
    assert (workers.done, workers.log.lines) == (["overtaken"], [])
    free = await workers.leases.take("work:key", "third", workers.clock.now(), 1) is not None
    assert free is not still_held


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreDown("locked"), "locked"),
        (LeasesUnavailable("read-only"), "read-only"),
        (ZeroDivisionError("secret"), "ZeroDivisionError in the work itself"),
    ],
)
async def test_a_failure_is_said_once_until_a_pass_succeeds(workers, error, reason):
    worker = workers.worker()

    async def fail(store: Store, held: HeldLease) -> None:
        raise error

    for work in (fail, fail, workers.work, fail):
        await worker.run("key", workers.opened, work)
    assert [(line.name, line.values) for line in workers.log.lines] == [("work_failed", {"reason": reason})] * 2


async def test_a_lease_that_cannot_be_given_back_hides_nothing(workers):
    class Sticky(MemoryLeases):
        async def release(self, lease: Lease) -> None:
            raise LeasesUnavailable("locked")

    workers.store = Store(Sticky())
    assert await workers.worker().run("key", workers.opened, workers.work)


async def test_passes_come_a_while_after_the_first_turn_and_then_after_each_interval(workers):
    worker = workers.worker()

    async def passes_after(seconds: float) -> int:
        workers.clock.advance(seconds)
        worker.begin("key", 600.0, 60.0, lambda: _run(worker, workers))
        await worker.drained()
        return len(workers.done)

    assert await passes_after(0) == 0
    assert await passes_after(FIRST_AFTER) == 0
    assert await passes_after(FIRST_AFTER) == 1
    assert await passes_after(600.0) == 1
    assert await passes_after(60.0) == 2


async def test_a_pass_that_is_hastened_begins_with_the_next_turn(workers):
    worker = workers.worker()
    worker.hasten("key")
    for _ in range(2):
        worker.begin("key", 600.0, 0.0, lambda: _run(worker, workers))
        await worker.drained()
    assert workers.done == ["done"]


async def test_work_without_a_lease_is_guarded_like_any_other(workers):
    async def fail() -> bool:
        raise StoreDown("locked")

    assert not await workers.worker().guard(fail)
    assert [(line.name, line.values) for line in workers.log.lines] == [("work_failed", {"reason": "locked"})]


async def test_closing_cancels_the_work_gives_the_lease_back_and_nothing_begins_any_more(workers):
    worker = workers.worker()

    async def work(store: Store, held: HeldLease) -> None:
        await asyncio.Event().wait()

    async def start() -> None:
        await worker.run("key", workers.opened, work)

    worker.begin("key", 600.0, 0.0, start)
    workers.clock.advance(2 * FIRST_AFTER)
    worker.begin("key", 600.0, 0.0, start)
    await settled()
    assert await workers.leases.take("work:key", "another", workers.clock.now(), 1) is None
    await worker.aclose()
    assert await workers.leases.take("work:key", "another", workers.clock.now(), 1) is not None
    workers.clock.advance(6_000)
    assert not worker.is_due("key")


async def _run(worker: BackgroundPass, workers: Workers) -> None:
    await worker.run("key", workers.opened, workers.work)
