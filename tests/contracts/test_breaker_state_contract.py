"""The contract of every BreakerState."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.breaker_state import MemoryBreakerState
from adapters.redis.breaker_state import RedisBreakerState
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.database import Database
from ports.breaker_state import BreakerState, BreakerStateUnavailable, FollowedBreakerState, StoredBreaker
from tests.contracts.artifact_cases import DAY
from tests.contracts.conftest import KINDS, opened
from tests.doubles.redis_connections import empty_redis

BREAKER_STATES: tuple[type[BreakerState], ...] = (MemoryBreakerState, SqlBreakerState, RedisBreakerState)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[*KINDS, "redis"])
async def state(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BreakerState]:
    if request.param == "redis":
        async with empty_redis() as connection:
            yield RedisBreakerState(connection)
    else:
        async with opened(request.param, tmp_path) as database:
            yield MemoryBreakerState() if database is None else SqlBreakerState(database)


@pytest.fixture(params=KINDS)
async def followed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[FollowedBreakerState]:
    async with opened(request.param, tmp_path) as database:
        yield MemoryBreakerState() if database is None else SqlBreakerState(database)


async def test_an_unknown_key_is_empty(state):
    assert await state.load("tool:a") == ("", 0)


@pytest.mark.parametrize("text", ["", '{"v":1}', "ä\U0001f600", "a\0b\\0000\ud800", "x" * 8_192])
async def test_a_stored_text_is_read_unchanged(state, text):
    assert await state.store("tool:a", text, 0, DAY)
    stored, version = await state.load("tool:a")
    assert stored == text
    assert version > 0


async def test_keys_are_independent(state):
    await state.store("k" * 200, "1", 0, DAY)
    await state.store("K" * 200, "2", 0, DAY)
    assert [(await state.load(key))[0] for key in ("k" * 200, "K" * 200, "k")] == ["1", "2", ""]


async def test_every_change_has_a_higher_version(state):
    versions = [0]
    for text in ("a", "b", "b", ""):
        assert await state.store("tool:a", text, versions[-1], DAY)
        stored, version = await state.load("tool:a")
        assert stored == text
        versions.append(version)
    assert versions == sorted(set(versions))


async def test_an_old_version_changes_nothing(state):
    await state.store("tool:a", "1", 0, DAY)
    _, first = await state.load("tool:a")
    await state.store("tool:a", "2", first, DAY)
    now = await state.load("tool:a")
    assert [await state.store("tool:a", "3", version, DAY) for version in (0, first, first + 99)] == [False] * 3
    assert await state.load("tool:a") == now


async def test_a_version_of_a_deleted_key_changes_nothing(state):
    await state.store("tool:a", "1", 0, DAY)
    _, version = await state.load("tool:a")
    await state.delete_before(DAY + SECOND, 9)
    assert not await state.store("tool:a", "2", version, DAY)
    assert await state.load("tool:a") == ("", 0)
    assert await state.store("tool:a", "2", 0, DAY)


async def test_the_longest_untouched_are_deleted_first_in_batches(state):
    for number in (3, 1, 2, 4):
        await state.store(f"tool:{number}", "x", 0, DAY + SECOND * number)
    _, version = await state.load("tool:1")
    await state.store("tool:1", "y", version, DAY + SECOND * 9)
    before = DAY + SECOND * 4
    assert [await state.delete_before(before, 1) for _ in range(3)] == [1, 1, 0]
    assert [(await state.load(f"tool:{number}"))[0] for number in (1, 2, 3, 4)] == ["y", "", "", "x"]


async def test_what_changed_lately_is_known_newest_first(followed):
    for number in (3, 1, 2):
        await followed.store(f"tool:{number}", f"x{number}", 0, DAY + SECOND * number)
    _, version = await followed.load("tool:1")
    await followed.store("tool:1", "y", version, DAY + SECOND * 9)
    changed = await followed.changed_since(DAY + SECOND * 3, 9)
    assert [(one.key, one.text) for one in changed] == [("tool:1", "y"), ("tool:3", "x3")]
    assert changed[0] == StoredBreaker("tool:1", *(await followed.load("tool:1")))
    assert [one.key for one in await followed.changed_since(DAY, 1)] == ["tool:1"]
    assert await followed.changed_since(DAY + SECOND * 10, 9) == ()


@pytest.mark.parametrize("text", ["", "before"])
async def test_of_many_tasks_with_one_version_exactly_one_stores(state, text):
    version = 0
    if text:
        await state.store("tool:a", text, 0, DAY)
        _, version = await state.load("tool:a")
    results = await asyncio.gather(*(state.store("tool:a", f"by {number}", version, DAY) for number in range(12)))
    assert sum(results) == 1
    assert await state.load("tool:a") == (f"by {results.index(True)}", version + 1)


async def test_no_change_is_lost_when_all_swap_until_they_succeed(state):
    async def add() -> None:
        while True:
            text, version = await state.load("tool:a")
            if await state.store("tool:a", str(int(text or "0") + 1), version, DAY):
                return

    await asyncio.gather(*(add() for _ in range(8)))
    assert (await state.load("tool:a"))[0] == "8"


async def test_an_absent_database_is_unavailable(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    state = SqlBreakerState(database)
    with pytest.raises(BreakerStateUnavailable):
        await state.load("tool:a")
    with pytest.raises(BreakerStateUnavailable):
        await state.store("tool:a", "x", 0, DAY)
    with pytest.raises(BreakerStateUnavailable):
        await state.delete_before(DAY, 1)
    await database.aclose()


@pytest.mark.parametrize("kind", ["memory", "redis"])
async def test_the_longest_untouched_are_evicted_when_it_is_full(kind: str):
    async with empty_redis() as connection:
        await evicts(MemoryBreakerState(most=2) if kind == "memory" else RedisBreakerState(connection, most=2))


async def evicts(state: BreakerState) -> None:
    await state.store("a", "1", 0, DAY)
    await state.store("b", "1", 0, DAY)
    await state.store("a", "2", (await state.load("a"))[1], DAY + SECOND)
    await state.store("c", "1", 0, DAY + SECOND)
    assert [(await state.load(key))[0] for key in "abc"] == ["2", "", "1"]


async def test_memory_is_shared_by_all_users_of_one_mapping():
    shared: dict[str, object] = {}
    await MemoryBreakerState(shared).store("a", "1", 0, DAY)
    assert (await MemoryBreakerState(shared).load("a"))[0] == "1"
    assert (await MemoryBreakerState().load("a"))[0] == ""
