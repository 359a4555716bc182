"""Other programs' data under keys of ours is named, counts as unavailable, and is never changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from adapters.redis.breaker_state import RedisBreakerState
from adapters.redis.cache import LARGEST, RedisCache
from adapters.redis.connection import RedisConnection, key_of
from adapters.redis.leases import RedisLeases
from ports.breaker_state import BreakerStateUnavailable
from ports.cache import CacheUnavailable
from ports.leases import LeasesUnavailable
from tests.contracts.artifact_cases import DAY
from tests.doubles.redis_connections import empty_redis
from tests.doubles.redis_server import redis_url

Put = Callable[[Redis, bytes], object]
HUGE: dict[Any, Any] = {"owner": "x", "version": "1", "text": "x" * 2_000_000, "until": "1", "fence": "9" * 2_000_000}
KINDS: dict[str, Put] = {
    "a text": lambda redis, key: redis.set(key, b"\xff another program's"),
    "a list": lambda redis, key: redis.rpush(key, "1"),
    "a hash": lambda redis, key: redis.hset(
        key, mapping={"owner": "x", "version": "many", "until": "soon", "fence": "?"}
    ),
    "an empty hash": lambda redis, key: redis.hset(key, "other", ""),
    "a hash of huge values": lambda redis, key: redis.hset(key, mapping=HUGE),
    "a sorted set": lambda redis, key: redis.zadd(key, {"a": 1}),
}


def content(redis: Redis, key: bytes) -> object:
    """Return what is stored under a key; a dump of a large hash has no fixed order."""
    return redis.hgetall(key) if redis.type(key) == b"hash" else redis.dump(key)


@pytest.fixture
async def connection():
    async with empty_redis() as connection:
        yield connection


@pytest.fixture
def other():
    with Redis.from_url(redis_url()) as client:
        yield client


@pytest.mark.parametrize("kind", KINDS)
async def test_under_a_cached_value(connection: RedisConnection, other: Redis, kind: str):
    KINDS[kind](other, key_of("cache", "models"))
    before = content(other, key_of("cache", "models"))
    with pytest.raises(CacheUnavailable, match="other data under keys that begin with openrouter_pipe:"):
        await RedisCache(connection, 600).get("models")
    assert content(other, key_of("cache", "models")) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_under_a_lease(connection: RedisConnection, other: Redis, kind: str):
    KINDS[kind](other, key_of("lease", "sweep"))
    before = content(other, key_of("lease", "sweep"))
    with pytest.raises(LeasesUnavailable, match="other data"):
        await RedisLeases(connection).take("sweep", "a", DAY, 10)
    assert content(other, key_of("lease", "sweep")) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_under_the_fence_of_leases(connection: RedisConnection, other: Redis, kind: str):
    KINDS[kind](other, key_of("fence"))
    before = content(other, key_of("fence"))
    with pytest.raises(LeasesUnavailable, match="other data"):
        await RedisLeases(connection).take("sweep", "a", DAY, 10)
    assert content(other, key_of("fence")) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_under_a_breaker(connection: RedisConnection, other: Redis, kind: str):
    KINDS[kind](other, key_of("breaker", "tool:a"))
    before = content(other, key_of("breaker", "tool:a"))
    state = RedisBreakerState(connection)
    with pytest.raises(BreakerStateUnavailable, match="other data"):
        await state.load("tool:a")
    with pytest.raises(BreakerStateUnavailable, match="other data"):
        await state.store("tool:a", "x", 0, DAY)
    assert content(other, key_of("breaker", "tool:a")) == before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "a sorted set"])
@pytest.mark.parametrize("key", ["breakers", "breaker-versions"])
async def test_under_what_breakers_share(connection: RedisConnection, other: Redis, key: str, kind: str):
    KINDS[kind](other, key_of(key))
    before = content(other, key_of(key))
    with pytest.raises(BreakerStateUnavailable, match="other data"):
        await RedisBreakerState(connection).store("tool:a", "x", 0, DAY)
    assert content(other, key_of(key)) == before
    assert await RedisBreakerState(connection).load("tool:a") == ("", 0)


async def test_a_value_that_is_too_large_is_neither_written_nor_read(connection: RedisConnection, other: Redis):
    cache = RedisCache(connection, 600)
    with pytest.raises(CacheUnavailable, match="too large"):
        await cache.put("models", b"x" * (LARGEST + 1))
    other.set(key_of("cache", "models"), b"orp1" + b"x" * (LARGEST + 1))
    with pytest.raises(CacheUnavailable):
        await cache.get("models")


async def test_every_key_of_ours_expires_except_mark_fence_and_versions(connection: RedisConnection, other: Redis):
    await RedisCache(connection, 600).put("models", b"x")
    await RedisLeases(connection).take("sweep", "a", DAY, 10)
    await RedisBreakerState(connection).store("tool:a", "x", 0, DAY)
    lasting = {key for key in other.scan_iter() if other.ttl(key) == -1}
    assert lasting == {key_of("format"), key_of("fence"), key_of("breaker-versions")}
    assert all(key.startswith(b"openrouter_pipe:") for key in other.scan_iter())


async def test_the_fence_grows_on_after_the_server_lost_its_data(connection: RedisConnection, other: Redis):
    leases = RedisLeases(connection)
    first = await leases.take("sweep", "a", DAY, 0)
    other.flushall()
    second = await leases.take("sweep", "a", DAY + timedelta(milliseconds=1), 0)
    assert first is not None
    assert second is not None
    assert second.fence > first.fence
