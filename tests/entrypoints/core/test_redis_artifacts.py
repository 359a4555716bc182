"""What a core keeps of chats goes through Redis while it uses Redis, and to the database alone otherwise."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from adapters.redis.artifact_keys import ArtifactKeys
from adapters.redis.artifacts import RedisArtifacts
from adapters.sql.artifacts import SqlArtifacts
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.redis_server import empty_redis_url


@asynccontextmanager
async def cores(folder: Path, count: int, url: str) -> AsyncIterator[list[Core]]:
    settings = Settings(api_key=Secret("sk-or-v1-none"), pipe_redis_url=Secret(url))
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(open_core(settings, sqlite_location(folder / "store.db")))
            for _ in range(count)
        ]
        for core in made:
            assert await core.stores.redis.opened() == bool(url)
        yield made


async def found(core: Core, turn: int) -> int:
    artifacts = (await core.stores.artifacts.sealed_store()).artifacts
    return len(await artifacts.find(HERE, "ann", turn_ids=[ulid(turn)], fingerprints=(), limit=9))


async def test_a_turn_that_one_core_puts_is_found_by_another_at_once(tmp_path):
    async with cores(tmp_path, 2, empty_redis_url()) as (one, two):
        store = (await one.stores.artifacts.sealed_store()).artifacts
        assert isinstance(store, RedisArtifacts)
        await store.put(turn_of(1, 3))
        assert await found(two, 1) == 3
        assert (await one.stores.artifacts.sealed_store()).artifacts is store
        cleanable = await one.stores.artifacts.cleanable()
        assert cleanable is not None
        assert cleanable.artifacts is cleanable.rotation is store


async def test_without_redis_the_database_is_used_alone(tmp_path):
    async with cores(tmp_path, 1, "") as (core,):
        assert isinstance((await core.stores.artifacts.sealed_store()).artifacts, SqlArtifacts)


@pytest.mark.parametrize("how", ["closed", "switched off"])
async def test_what_waits_is_written_when_redis_is_given_up(tmp_path, how):
    url = empty_redis_url()
    async with cores(tmp_path, 1, url) as (core,):
        store = (await core.stores.artifacts.sealed_store()).artifacts
        await store.put(turn_of(1, 3))
        if how == "switched off":
            core.follow(replace(core._settings, enable_redis_cache=False))
            await core.stores.redis.opened()
            assert isinstance((await core.stores.artifacts.sealed_store()).artifacts, SqlArtifacts)
            assert await found(core, 1) == 3
    with Redis.from_url(url) as client:
        assert await asyncio.to_thread(client.xlen, ArtifactKeys(HERE).stream) == 0


async def test_new_settings_take_effect_without_a_restart(tmp_path):
    async with cores(tmp_path, 1, empty_redis_url()) as (core,):
        first = (await core.stores.artifacts.sealed_store()).artifacts
        await first.put(turn_of(1, 3))
        core.follow(replace(core._settings, redis_cache_ttl_seconds=60))
        second = (await core.stores.artifacts.sealed_store()).artifacts
        assert second is not first
        assert await found(core, 1) == 3
