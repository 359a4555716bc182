"""Additional rules for artifacts in memory: limits of time, number and bytes."""

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from ports.artifacts import ArtifactsUnavailable
from ports.cipher import Sealed
from tests.contracts.artifact_cases import HERE, row, turn_of, ulid
from tests.doubles.clock import FakeClock


async def turns(store: MemoryArtifacts) -> list[str]:
    found = await store.find(HERE, "ann", turn_ids=[ulid(n) for n in range(20)], fingerprints=[], limit=1_000)
    return [one.turn_id for one in found]


async def test_a_turn_expires():
    clock = FakeClock()
    store = MemoryArtifacts(clock, lifetime=3600)
    await store.put(turn_of(1, 2))
    clock.advance(1800)
    await store.put(turn_of(2, 1))
    clock.advance(1800)
    assert await turns(store) == [ulid(2)]


async def test_later_rows_expire_with_their_turn():
    clock = FakeClock()
    store = MemoryArtifacts(clock, lifetime=3600)
    await store.put([row(1, 1)])
    clock.advance(3599)
    await store.put([row(2, 1, 1)])
    clock.advance(1)
    assert await turns(store) == []


async def test_touching_does_not_delay_the_expiry():
    clock = FakeClock()
    store = MemoryArtifacts(clock, lifetime=3600)
    await store.put(turn_of(1, 1))
    clock.advance(3599)
    await store.touch(HERE, [ulid(1)], clock.now())
    clock.advance(1)
    assert await turns(store) == []


async def test_the_oldest_turns_are_evicted_whole_when_there_are_too_many_rows():
    store = MemoryArtifacts(FakeClock(), max_rows=5)
    for turn in (1, 2, 3):
        await store.put(turn_of(turn, 2))
    assert await turns(store) == [ulid(2), ulid(2), ulid(3), ulid(3)]


async def test_the_oldest_turns_are_evicted_when_there_are_too_many_bytes():
    store = MemoryArtifacts(FakeClock(), max_bytes=100_000)
    for turn in (1, 2, 3):
        await store.put(turn_of(turn, 1, sealed=Sealed(bytes(40_000))))
    assert await turns(store) == [ulid(2), ulid(3)]


@pytest.mark.parametrize("changes", [{}, {"chat_id": "c" * 256, "message_id": "m" * 256}])
async def test_a_row_counts_with_its_ids_and_all_that_holds_them(changes):
    store = MemoryArtifacts(FakeClock(), max_bytes=50_000)
    for turn in range(20):
        await store.put(turn_of(turn, 10, sealed=Sealed(b""), **changes))
    kept = len(await turns(store))
    assert 20 <= kept <= 50_000 // (512 + sum(map(len, changes.values())))
    await store.unbind(HERE, [ulid(turn) for turn in range(20)])
    await store.delete_person(HERE, "ann", 1_000)
    assert store._bytes == 0


async def test_a_turn_larger_than_the_limit_is_refused_and_evicts_no_other():
    store = MemoryArtifacts(FakeClock(), max_rows=3)
    await store.put(turn_of(1, 1))
    with pytest.raises(ArtifactsUnavailable):
        await store.put(turn_of(2, 4))
    assert await turns(store) == [ulid(1)]


async def test_free_space_is_updated_after_rows_are_deleted_or_resealed():
    store = MemoryArtifacts(FakeClock(), max_bytes=100_000)
    first = row(1, 1, sealed=Sealed(bytes(90_000)))
    await store.put([first])
    await store.reseal(HERE, [(first, Sealed(bytes(1_000)))])
    await store.put([row(2, 2, sealed=Sealed(bytes(90_000)))])
    assert await turns(store) == [ulid(1), ulid(2)]
    await store.delete_chat(HERE, "chat-1", 10)
    await store.put([row(3, 3, sealed=Sealed(bytes(99_000)))])
    assert await turns(store) == [ulid(3)]
