"""Leases and breakers over Redis and a second store: what two workers may do while a store is away."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.leases import MemoryLeases
from entrypoints.core.shared_stores import MOST_HELD, SharedBreakerState, SharedCache, SharedLeases
from ports.breaker_state import BreakerState, BreakerStateUnavailable
from ports.cache import CacheUnavailable
from ports.leases import Lease, Leases, LeasesUnavailable
from tests.contracts.artifact_cases import DAY

SECOND = timedelta(seconds=1)


class Place(MemoryLeases):
    """A store of leases that can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def take(self, name: str, owner: str, now, seconds: float) -> Lease | None:
        if self.away:
            raise LeasesUnavailable("away")
        return await super().take(name, owner, now, seconds)

    async def release(self, lease: Lease) -> None:
        if self.away:
            raise LeasesUnavailable("away")
        await super().release(lease)


def redis_with(stores: object) -> Any:
    """Stand for the Redis of a core."""
    return SimpleNamespace(stores=stores)


class Rig:
    """Two workers that share Redis and a database."""

    def __init__(self) -> None:
        self.redis, self.database = Place(), Place()
        self.one, self.two = self.worker(), self.worker()

    def worker(self, **stores: object) -> Leases:
        return SharedLeases(redis_with(stores=SimpleNamespace(leases=self.redis, **stores)), self.database)

    async def granted(self, worker: Leases, owner: str, seconds: float = 0) -> bool:
        return await worker.take("sweep", owner, DAY + SECOND * seconds, 10) is not None


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("away", ["", "redis", "database"])
async def test_one_worker_holds_a_lease_whichever_store_is_away(rig: Rig, away: str):
    if away:
        getattr(rig, away).away = True
    assert await rig.granted(rig.one, "a")
    assert not await rig.granted(rig.two, "b", 9)
    assert await rig.granted(rig.one, "a", 9)
    assert not await rig.granted(rig.two, "b", 18)
    assert await rig.granted(rig.two, "b", 20)


@pytest.mark.parametrize("lost", ["redis", "database"])
@pytest.mark.parametrize("back", [False, True])
async def test_losing_one_store_or_finding_it_again_changes_no_holder(rig: Rig, lost: str, back: bool):
    getattr(rig, lost).away = back
    assert await rig.granted(rig.one, "a")
    getattr(rig, lost).away = not back
    assert not await rig.granted(rig.two, "b", 5)
    assert await rig.granted(rig.one, "a", 5)
    assert not await rig.granted(rig.two, "b", 14)


async def test_two_holders_end_with_the_next_extension_once_both_stores_are_there(rig: Rig):
    rig.database.away = True
    assert await rig.granted(rig.one, "a")
    rig.redis.away, rig.database.away = True, False
    assert await rig.granted(rig.two, "b", 1)
    rig.redis.away = False
    assert not await rig.granted(rig.one, "a", 2)
    assert not await rig.granted(rig.one, "a", 3)
    assert await rig.granted(rig.two, "b", 4)


async def test_a_released_lease_is_free_in_both_stores(rig: Rig):
    lease = await rig.one.take("sweep", "a", DAY, 10)
    assert lease is not None
    await rig.one.release(lease)
    await rig.one.release(lease)
    assert await rig.granted(rig.two, "b", 1)
    for store in (rig.redis, rig.database):
        assert await store.take("sweep", "c", DAY + SECOND, 10) is None


async def test_a_lease_that_another_holds_by_now_is_not_released(rig: Rig):
    lease = await rig.one.take("sweep", "a", DAY, 10)
    assert lease is not None
    assert await rig.granted(rig.two, "b", 10)
    await rig.one.release(lease)
    assert not await rig.granted(rig.one, "a", 11)


async def test_fences_grow_from_store_to_store(rig: Rig):
    fences = []
    for seconds, away in enumerate(("", "redis", "database", "redis", "", "database")):
        rig.redis.away, rig.database.away = away == "redis", away == "database"
        lease = await rig.one.take("sweep", str(seconds), DAY + SECOND * seconds * 20, 10)
        assert lease is not None
        fences.append(lease.fence)
    assert fences == sorted(set(fences))


async def test_without_any_store_no_lease_is_granted(rig: Rig):
    rig.redis.away = rig.database.away = True
    with pytest.raises(LeasesUnavailable):
        await rig.one.take("sweep", "a", DAY, 10)


async def test_what_is_remembered_of_leases_is_bounded(rig: Rig):
    leases = SharedLeases(redis_with(stores=None), MemoryLeases(most=MOST_HELD * 2))
    for number in range(MOST_HELD + 5):
        await leases.take(f"work-{number}", "a", DAY, 10)
    assert len(leases._held) == MOST_HELD


class Unavailable(MemoryBreakerState):
    """A store of breakers that is away."""

    async def load(self, key: str) -> tuple[str, int]:
        raise BreakerStateUnavailable("away")

    async def store(self, key: str, text: str, version: int, now) -> bool:
        raise BreakerStateUnavailable("away")

    async def delete_before(self, before, limit: int) -> int:
        raise BreakerStateUnavailable("away")


def breakers(first: BreakerState | None, second: BreakerState) -> SharedBreakerState:
    return SharedBreakerState(redis_with(stores=first and SimpleNamespace(breakers=first)), second)


@pytest.mark.parametrize("first", [None, Unavailable()])
async def test_breakers_live_in_the_second_store_while_redis_is_away(first: BreakerState | None):
    second = MemoryBreakerState()
    state = breakers(first, second)
    assert await state.store("tool:a", "x", 0, DAY)
    assert await state.load("tool:a") == await second.load("tool:a") == ("x", 1)
    assert await state.delete_before(DAY + SECOND, 5) == 1


async def test_a_version_of_the_other_store_is_refused():
    redis, second = MemoryBreakerState(), MemoryBreakerState()
    for _ in range(3):
        await redis.store("other", "", (await redis.load("other"))[1], DAY)
    await redis.store("tool:a", "in Redis", 0, DAY)
    _, version = await breakers(redis, second).load("tool:a")
    assert not await breakers(None, second).store("tool:a", "x", version, DAY)


async def test_old_texts_are_deleted_in_both_stores_up_to_the_limit():
    redis, second = MemoryBreakerState(), MemoryBreakerState()
    for number in range(3):
        await redis.store(str(number), "x", 0, DAY)
        await second.store(str(number), "x", 0, DAY)
    state = breakers(redis, second)
    assert [await state.delete_before(DAY + SECOND, 4) for _ in range(3)] == [4, 2, 0]


@pytest.mark.parametrize("state", ["", "unreachable"])
async def test_a_cache_that_is_lost_is_reported_by_redis_alone(state: str):
    class Lost:
        async def get(self, key: str) -> bytes | None:
            raise CacheUnavailable("other data")

    cache = SharedCache(redis_with(stores=SimpleNamespace(cache=Lost(), connection=SimpleNamespace(state=state))))
    if state:
        assert await cache.get("models") is None
    else:
        with pytest.raises(CacheUnavailable):
            await cache.get("models")
