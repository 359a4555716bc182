"""The contract of every Leases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.leases import MemoryLeases
from adapters.redis.leases import RedisLeases
from adapters.sql.leases import SqlLeases
from ports.leases import Lease, Leases, LeasesUnavailable, least_fence
from tests.contracts.artifact_cases import DAY
from tests.contracts.conftest import KINDS, opened
from tests.doubles.redis_connections import empty_redis

LEASES: tuple[type[Leases], ...] = (MemoryLeases, SqlLeases, RedisLeases)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[*KINDS, "redis"])
async def leases(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Leases]:
    if request.param == "redis":
        async with empty_redis() as connection:
            yield RedisLeases(connection)
    else:
        async with opened(request.param, tmp_path) as database:
            yield MemoryLeases() if database is None else SqlLeases(database)


async def test_a_free_lease_is_granted(leases):
    assert await leases.take("sweep", "a", DAY, 1.5) == Lease("sweep", "a", least_fence(DAY), DAY + SECOND * 1.5)


async def test_a_fence_grows_with_the_clock_and_when_the_clock_is_set_back(leases):
    fences = []
    for seconds in (0, 5, 5, 1, 9):
        lease = await leases.take("sweep", "a", DAY + SECOND * seconds, 1)
        fences.append(lease.fence)
        await leases.release(lease)
    assert fences == sorted(set(fences))
    assert fences[-1] == least_fence(DAY + SECOND * 9)


async def test_names_and_owners_of_any_text_are_kept_apart(leases):
    texts = ["a", "A", "a:b", "\u00e4", "x" * 200]
    for text in texts:
        assert await leases.take(text, text, DAY, 10) is not None
    for text in texts:
        assert await leases.take(text, "another", DAY, 10) is None


async def test_a_lease_held_by_another_is_refused(leases):
    await leases.take("sweep", "a", DAY, 10)
    assert await leases.take("sweep", "b", DAY + SECOND * 9, 10) is None


async def test_leases_of_other_names_are_free(leases):
    await leases.take("sweep", "a", DAY, 10)
    assert await leases.take("rotate", "b", DAY, 10) is not None


async def test_an_expired_lease_goes_to_the_next_with_a_higher_fence(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    second = await leases.take("sweep", "b", DAY + SECOND * 10, 10)
    assert (second.owner, second.expires_at) == ("b", DAY + SECOND * 20)
    assert second.fence > first.fence


async def test_its_owner_extends_a_current_lease_with_the_same_fence(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    again = await leases.take("sweep", "a", DAY + SECOND * 5, 10)
    assert again == Lease("sweep", "a", first.fence, DAY + SECOND * 15)


async def test_extending_never_shortens(leases):
    await leases.take("sweep", "a", DAY, 10)
    assert (await leases.take("sweep", "a", DAY, 1)).expires_at == DAY + SECOND * 10


async def test_an_owner_who_let_it_expire_gets_a_higher_fence(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    assert (await leases.take("sweep", "a", DAY + SECOND * 11, 10)).fence > first.fence


async def test_a_released_lease_is_free_at_once_and_its_fence_grows(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    await leases.release(first)
    assert (await leases.take("sweep", "b", DAY, 10)).fence > first.fence


async def test_a_lease_released_too_late_stays_with_its_new_owner(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    await leases.take("sweep", "b", DAY + SECOND * 11, 10)
    await leases.release(first)
    assert await leases.take("sweep", "c", DAY + SECOND * 12, 10) is None


async def test_an_old_lease_of_the_same_owner_does_not_release_the_new_one(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    await leases.take("sweep", "a", DAY + SECOND * 11, 10)
    await leases.release(first)
    assert await leases.take("sweep", "b", DAY + SECOND * 12, 10) is None


async def test_releasing_twice_does_no_harm(leases):
    first = await leases.take("sweep", "a", DAY, 10)
    await leases.release(first)
    await leases.release(first)
    assert await leases.take("sweep", "b", DAY, 10) is not None


async def test_exactly_one_of_many_tasks_gets_the_lease(leases):
    given = await asyncio.gather(*(leases.take("sweep", f"owner-{n}", DAY, 10) for n in range(12)))
    assert sum(lease is not None for lease in given) == 1


async def test_memory_refuses_leases_beyond_its_limit():
    leases = MemoryLeases(most=2)
    await leases.take("1", "a", DAY, 10)
    await leases.take("2", "a", DAY, 10)
    with pytest.raises(LeasesUnavailable):
        await leases.take("3", "a", DAY, 10)
    assert await leases.take("3", "a", DAY + SECOND * 10, 10) is not None
