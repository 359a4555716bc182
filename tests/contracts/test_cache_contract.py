"""The contract of every Cache."""

import asyncio
from pathlib import Path

import pytest

from adapters.disk.cache import MOST_FILES, DiskCache
from adapters.process.cache import MOST_VALUES, ProcessCache
from adapters.redis.cache import RedisCache
from adapters.sql.cache import SqlCache
from ports.cache import KEY_LIMIT, Cache, CacheUnavailable
from tests.contracts.conftest import opened
from tests.doubles.redis_connections import another_connection, empty_redis

CACHES: tuple[type[Cache], ...] = (ProcessCache, DiskCache, SqlCache, RedisCache)


@pytest.fixture(params=["process", "disk", "sqlite", "postgres", "redis"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path):
    """Provide two caches over the same storage: one reads the values of the other."""
    if request.param == "process":
        state: dict[str, object] = {}
        yield ProcessCache(state), ProcessCache(state)
    elif request.param == "disk":
        yield DiskCache(tmp_path), DiskCache(tmp_path)
    elif request.param == "redis":
        async with empty_redis() as one, another_connection() as other:
            yield RedisCache(one, 600), RedisCache(other, 600)
    else:
        async with opened(request.param, tmp_path) as database:
            assert database is not None
            yield SqlCache(database), SqlCache(database)


async def test_an_unknown_key_has_no_value(pair):
    assert await pair[0].get("nothing") is None


@pytest.mark.parametrize("value", [b"", b"\0\xff\x80", b"x" * 3_000_000], ids=["empty", "bytes", "large"])
async def test_a_stored_value_is_read_unchanged(pair, value):
    one, other = pair
    await one.put("key-1", value)
    assert await other.get("key-1") == value


async def test_the_newest_value_of_a_key_is_returned(pair):
    one, other = pair
    await one.put("key-1", b"old")
    await other.put("key-1", b"new")
    assert await one.get("key-1") == b"new"


async def test_keys_do_not_collide(pair):
    one, _ = pair
    longest = "k" * KEY_LIMIT
    await one.put(longest, b"1")
    await one.put("key-2", b"2")
    assert (await one.get(longest), await one.get("key-2")) == (b"1", b"2")


async def test_writers_at_once_leave_one_whole_value(pair):
    values = [bytes([number]) * 200_000 for number in range(8)]
    await asyncio.gather(*(pair[number % 2].put("key-1", value) for number, value in enumerate(values)))
    assert await pair[0].get("key-1") in values


async def test_values_of_a_process_are_bounded_and_the_oldest_are_evicted():
    cache = ProcessCache({})
    for number in range(MOST_VALUES + 1):
        await cache.put(f"key-{number}", b"x")
    assert await cache.get("key-0") is None
    assert await cache.get(f"key-{MOST_VALUES}") == b"x"


async def test_files_are_bounded_and_belong_to_their_owner(tmp_path: Path):
    cache = DiskCache(tmp_path)
    (tmp_path / "webui.db").write_bytes(b"another's")
    for number in range(MOST_FILES + 3):
        await cache.put(f"key-{number}", b"x")
    ours = [file for file in tmp_path.iterdir() if file.name != "webui.db"]
    assert len(ours) == MOST_FILES
    assert {file.stat().st_mode & 0o777 for file in ours} == {0o600}
    assert (tmp_path / "webui.db").exists()


async def test_a_missing_folder_is_not_created(tmp_path: Path):
    cache = DiskCache(tmp_path / "absent")
    assert await cache.get("key-1") is None
    with pytest.raises(CacheUnavailable):
        await cache.put("key-1", b"x")
    assert not (tmp_path / "absent").exists()
