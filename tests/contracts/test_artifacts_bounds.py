"""Bounds in bytes that every ArtifactStore holds: of ids, of one lookup, of what one person stores."""

import pytest

from ports.artifacts import RECALL_BYTES, ROW_BYTES, ArtifactStore, ArtifactsUnavailable
from ports.cipher import Sealed
from ports.retention import ID_BYTES, REFUSED
from tests.contracts.artifact_cases import HERE, PRINT, row, turn_of, ulid

KIB = 1024


@pytest.fixture
def store(artifact_store) -> ArtifactStore:
    return artifact_store


async def found(store: ArtifactStore, *turns: int, limit: int = 1_000, **bound: int) -> list[str]:
    ids = [ulid(turn) for turn in turns]
    rows = await store.find(HERE, "ann", turn_ids=ids, fingerprints=[PRINT], limit=limit, **bound)
    return [one.turn_id for one in rows]


def of_size(turn: int, count: int, stored: int, original: int | None = None, **changes: object) -> list:
    seal = Sealed(bytes(stored), "key-1", 1, stored if original is None else original)
    return turn_of(turn, count, sealed=seal, **changes)


async def test_whole_turns_are_found_up_to_the_bytes_the_newest_first(store):
    for turn in (1, 2, 3, 4):
        await store.put(of_size(turn, 2, KIB))
    assert await found(store, 1, 2, 3, 4, most_bytes=5 * KIB) == [ulid(3)] * 2 + [ulid(4)] * 2
    assert await found(store, 1, 2, 3, 4, most_bytes=4 * KIB) == [ulid(3)] * 2 + [ulid(4)] * 2
    assert await found(store, 1, 2, 3, 4, most_bytes=4 * KIB - 1) == [ulid(4)] * 2
    assert await found(store, 1, 2, most_bytes=4 * KIB) == [ulid(1)] * 2 + [ulid(2)] * 2
    assert await found(store, 1, 2, 3, 4, most_bytes=8 * KIB, limit=3) == [ulid(4)] * 2


async def test_a_row_counts_by_what_it_opens_to(store):
    await store.put(of_size(1, 1, 10, 5 * KIB))
    await store.put(of_size(2, 1, 10, 5 * KIB))
    assert await found(store, 1, 2, most_bytes=9 * KIB) == [ulid(2)]
    await store.put(of_size(3, 1, 10, RECALL_BYTES + 1))
    assert await found(store, 1, 2, 3) == []


async def test_a_row_that_says_less_than_it_has_counts_by_what_it_has(store):
    await store.put(of_size(1, 1, 5 * KIB, 1))
    assert await found(store, 1, most_bytes=5 * KIB) == [ulid(1)]
    assert await found(store, 1, most_bytes=5 * KIB - 1) == []


async def test_turns_found_by_their_fingerprint_count_too(store):
    await store.put(of_size(1, 1, KIB, fingerprint=PRINT))
    await store.put(of_size(2, 1, KIB, fingerprint=PRINT))
    assert await found(store, most_bytes=KIB) == [ulid(2)]


async def test_only_rows_of_the_owner_count(store):
    await store.put(of_size(1, 1, KIB))
    await store.put(of_size(2, 1, KIB, user_id="bob"))
    assert await found(store, 1, 2, most_bytes=KIB) == [ulid(1)]


@pytest.mark.parametrize("which", ["chat_id", "message_id", "user_id", "model", "kind"])
async def test_rows_with_a_long_id_are_refused_all_together(store, which):
    with pytest.raises(ArtifactsUnavailable) as refused:
        await store.put([row(1, 1), row(2, 1, 1, **{which: "x" * (ID_BYTES + 1)})])
    assert refused.value.reason == REFUSED
    assert await found(store, 1) == []


@pytest.mark.parametrize("letter", ["a", "\0", "\u6a21"])
async def test_a_row_with_the_longest_ids_is_stored(store, letter):
    longest = letter * (ID_BYTES // len(letter.encode()))
    whole = row(1, 1, chat_id=longest, message_id=longest, user_id=longest)
    await store.put([whole])
    assert await store.find(HERE, longest, turn_ids=[ulid(1)], fingerprints=[], limit=9) == (whole,)


async def test_the_oldest_turns_go_until_the_rest_fits(store):
    for turn in (1, 2, 3):
        await store.put(of_size(turn, 2, KIB))
    await store.put(of_size(4, 2, KIB, user_id="bob"))
    most = 4 * (KIB + ROW_BYTES)
    assert [await store.trim(HERE, "ann", most, 200) for _ in range(2)] == [2, 0]
    assert await found(store, 1, 2, 3) == [ulid(2)] * 2 + [ulid(3)] * 2
    assert await store.trim(HERE, "ann", most - 1, 200) == 2
    assert await found(store, 1, 2, 3) == [ulid(3)] * 2
    assert await store.trim(HERE, "bob", most, 200) == 0


async def test_trimming_goes_in_bounded_steps(store):
    for turn in range(1, 6):
        await store.put(of_size(turn, 2, KIB))
    steps = [await store.trim(HERE, "ann", 2 * (KIB + ROW_BYTES), 3) for _ in range(4)]
    assert steps == [3, 3, 2, 0]
    assert await found(store, *range(1, 6)) == [ulid(5)] * 2


async def test_bounds_larger_than_any_store_bound_nothing(store):
    await store.put(of_size(1, 1, KIB))
    assert await store.trim(HERE, "ann", 2**50, 200) == 0
    assert await found(store, 1, most_bytes=2**50) == [ulid(1)]


async def test_empty_rows_take_room_too(store):
    for turn in range(1, 11):
        await store.put(of_size(turn, 1, 0))
    assert await store.trim(HERE, "ann", 3 * ROW_BYTES, 200) == 7


async def test_other_namespaces_are_not_trimmed(store):
    await store.put(of_size(1, 1, KIB))
    assert await store.trim("other", "ann", 0, 200) == 0
    assert await found(store, 1) == [ulid(1)]


async def test_rows_to_reseal_are_read_up_to_a_number_of_bytes_and_one_at_least(store):
    sizes = {1: 100, 2: 50_000, 3: 100, 4: 100, 5: 70_000, 6: 100}
    for number, size in sizes.items():
        key = f"key-{number % 2}"
        await store.put([row(number, number, sealed=Sealed(bytes(size), key, 1, size))])
    pages, after = [], ""
    while page := await store.sealed_otherwise(HERE, "key-9", after, 4, 60_000):
        pages.append([one.id for one in page])
        after = page[-1].id
    assert pages == [[ulid(1), ulid(2), ulid(3), ulid(4)], [ulid(5)], [ulid(6)]]
    assert [one.id for one in await store.sealed_otherwise(HERE, "key-9", ulid(4), 4, 1)] == [ulid(5)]


async def test_a_row_that_opens_to_more_than_it_takes_counts_by_what_it_opens_to(store):
    for number in (1, 2, 3):
        await store.put([row(number, number, sealed=Sealed(b"small", "key-1", 1, 40_000))])
    assert len(await store.sealed_otherwise(HERE, "key-9", "", 9, 80_000)) == 2
