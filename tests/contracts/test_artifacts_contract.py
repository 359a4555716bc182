"""The contract of every Artifacts."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory.artifacts import MemoryArtifacts
from adapters.redis.artifacts import RedisArtifacts
from adapters.sql.artifacts import SqlArtifacts
from ports.artifacts import Artifact, ArtifactsError, ArtifactStore
from ports.cipher import Sealed
from tests.contracts.artifact_cases import DAY, HERE, PRINT, numbers, row, turn_of, ulid

ARTIFACTS: tuple[type[ArtifactStore], ...] = (MemoryArtifacts, SqlArtifacts, RedisArtifacts)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(artifact_store) -> ArtifactStore:
    return artifact_store


@pytest.fixture
def spoiled(store) -> Artifact:
    """A row that cannot be stored."""
    if isinstance(store, MemoryArtifacts):
        return row(1_001, 1, 1, sealed=Sealed(bytes(65 * 1024 * 1024)))
    return row(1_001, 1, 2**70)


async def found(store: ArtifactStore, *turns: int, owner: str = "ann", prints=(), limit: int = 1_000) -> tuple:
    return await store.find(HERE, owner, turn_ids=[ulid(turn) for turn in turns], fingerprints=prints, limit=limit)


async def test_a_stored_row_is_read_unchanged(store):
    whole = row(1, 1, 3, fingerprint=PRINT, touched_at=DAY + MINUTE * 9)
    await store.put([whole])
    assert await found(store, 1) == (whole,)


async def test_a_stored_row_without_a_chat_is_read_unchanged(store):
    bare = row(1, 1, chat_id="", message_id="", sealed=Sealed(b""))
    await store.put([bare])
    assert await found(store, 1) == (bare,)


async def test_nothing_is_found_in_an_empty_store(store):
    assert await found(store, 1, prints=[PRINT]) == ()


async def test_putting_nothing_changes_nothing(store):
    await store.put([])
    assert await store.chats(HERE, "", 10) == ()


async def test_a_row_stored_twice_keeps_its_first_value(store):
    await store.put(turn_of(1, 2))
    await store.put(turn_of(1, 3, model="another/model"))
    assert [one.model for one in await found(store, 1)] == ["openai/gpt-5", "openai/gpt-5", "another/model"]


async def test_a_row_given_twice_in_one_put_keeps_its_first_value(store):
    await store.put([row(1, 1), row(1, 1, model="another/model")])
    assert [one.model for one in await found(store, 1)] == ["openai/gpt-5"]


async def test_nothing_is_stored_when_a_row_in_the_middle_cannot_be(store, spoiled):
    first, second, third = turn_of(1, 3)
    with pytest.raises(ArtifactsError):
        await store.put([first, spoiled, third])
    assert await found(store, 1) == ()
    await store.put([first, second, third])
    assert len(await found(store, 1)) == 3


async def test_rows_are_ordered_by_turn_then_by_ordinal(store):
    await store.put([*turn_of(2, 2)[::-1], *turn_of(1, 12)[::-1]])
    assert numbers(await found(store, 2, 1)) == [(ulid(1), n) for n in range(12)] + [(ulid(2), 0), (ulid(2), 1)]


async def test_rows_of_another_owner_are_never_found(store):
    await store.put([*turn_of(1, 1, fingerprint=PRINT), *turn_of(2, 1, user_id="bob", fingerprint=PRINT)])
    assert [one.user_id for one in await found(store, 1, 2, prints=[PRINT])] == ["ann"]


async def test_rows_of_another_owner_in_the_same_turn_are_never_found(store):
    await store.put([row(1, 1), row(2, 1, 1, user_id="bob"), row(3, 1, 2, user_id="")])
    assert [one.user_id for one in await found(store, 1)] == ["ann"]


async def test_rows_of_another_namespace_are_never_found(store):
    await store.put([row(1, 1), row(1, 1, namespace="other_00000000"), row(2, 1, 1, namespace="other_00000000")])
    assert [one.namespace for one in await found(store, 1, prints=[PRINT])] == [HERE]


async def test_turns_are_found_by_their_fingerprint(store):
    await store.put([*turn_of(1, 2, fingerprint=PRINT), *turn_of(2, 1, fingerprint="cd" * 16)])
    assert numbers(await found(store, prints=[PRINT])) == [(ulid(1), 0), (ulid(1), 1)]


async def test_a_turn_found_in_two_ways_is_returned_once(store):
    await store.put(turn_of(1, 2, fingerprint=PRINT))
    assert len(await found(store, 1, prints=[PRINT])) == 2


async def test_an_empty_fingerprint_finds_nothing(store):
    await store.put(turn_of(1, 1))
    assert await found(store, prints=[""]) == ()


async def test_the_limit_keeps_the_newest_turns(store):
    await store.put([*turn_of(1, 2), *turn_of(2, 2), *turn_of(3, 2)])
    assert numbers(await found(store, 1, 2, 3, limit=4)) == [(ulid(n), o) for n in (2, 3) for o in (0, 1)]


async def test_a_turn_that_the_limit_would_split_is_left_out_with_all_older_ones(store):
    await store.put([*turn_of(1, 1), *turn_of(2, 3), *turn_of(3, 2)])
    assert numbers(await found(store, 1, 2, 3, limit=4)) == [(ulid(3), 0), (ulid(3), 1)]


async def test_a_turn_as_long_as_the_limit_is_returned(store):
    await store.put([*turn_of(1, 1), *turn_of(2, 3)])
    assert len(await found(store, 1, 2, limit=3)) == 3


async def test_a_limit_of_zero_finds_nothing(store):
    await store.put(turn_of(1, 1))
    assert await found(store, 1, limit=0) == ()


async def test_thousands_of_ids_are_looked_up_at_once(store):
    await store.put([row(number, number, fingerprint=f"{number:032x}") for number in range(1_500)])
    turns, prints = [ulid(n) for n in range(5_000)], [f"{n:032x}" for n in range(5_000)]
    assert len(await store.find(HERE, "ann", turn_ids=turns, fingerprints=prints, limit=10_000)) == 1_500


@pytest.mark.parametrize("odd", ["", "x" * 100_000, "\0", "\ud800", "' OR 1=1 --", "01ARZ3NDEKTSV4RRFFQ69G5FA\n", "%"])
async def test_odd_ids_are_looked_up_without_harm(store, odd):
    await store.put(turn_of(1, 1, fingerprint=PRINT))
    named = await store.find(HERE, "ann", turn_ids=[odd, ulid(1)], fingerprints=[odd, "é"], limit=10)
    assert len(named) == 1
    assert await store.find(HERE, odd, turn_ids=[ulid(1)], fingerprints=[PRINT], limit=10) == ()


async def test_texts_that_databases_refuse_are_read_unchanged(store):
    odd = row(1, 1, user_id="a\0b\ud800\\0041", chat_id="\\", kind="\udfff", model="模型", message_id="\\005c")
    await store.put([odd])
    assert await found(store, 1, owner="a\0b\ud800\\0041") == (odd,)
    assert await found(store, 1, owner="a\0b\ud800A") == ()
    assert [chat.chat_id for chat in await store.chats(HERE, "", 9)] == ["\\"]


async def test_rows_are_touched_by_turn(store):
    await store.put([*turn_of(1, 2), *turn_of(2, 1)])
    await store.touch(HERE, [ulid(1), "nonsense"], DAY + MINUTE * 99)
    assert [one.touched_at for one in await found(store, 1, 2)] == [DAY + MINUTE * 99] * 2 + [None]


async def test_rows_are_deleted_by_turn_and_kind(store):
    await store.put([row(1, 1), row(2, 1, 1, kind="function_call"), row(3, 2)])
    assert await store.delete(HERE, "ann", [ulid(1)], ["reasoning", "other"]) == 1
    assert numbers(await found(store, 1, 2)) == [(ulid(1), 1), (ulid(2), 0)]


async def test_another_owners_rows_are_not_deleted(store):
    await store.put(turn_of(1, 1))
    assert await store.delete(HERE, "bob", [ulid(1)], ["reasoning"]) == 0
    assert await store.delete("other", "ann", [ulid(1)], ["reasoning"]) == 0
    assert len(await found(store, 1)) == 1


async def test_untouched_rows_are_deleted_in_batches_of_whole_turns_oldest_first(store):
    await store.put([one for turn in (3, 1, 2) for one in turn_of(turn, 2)])
    assert await store.delete_untouched(HERE, DAY + MINUTE * 9, 3) == 2
    assert [one.turn_id for one in await found(store, 1, 2, 3)] == [ulid(2)] * 2 + [ulid(3)] * 2
    assert await store.delete_untouched(HERE, DAY + MINUTE * 9, 4) == 4
    assert await store.delete_untouched(HERE, DAY + MINUTE * 9, 4) == 0


async def test_a_turn_larger_than_a_batch_is_deleted_in_several(store):
    await store.put(turn_of(1, 5))
    assert [await store.delete_untouched(HERE, DAY + MINUTE * 9, 2) for _ in range(4)] == [2, 2, 1, 0]


async def test_rows_touched_since_stay(store):
    await store.put([*turn_of(1, 1), *turn_of(2, 1), *turn_of(3, 1)])
    await store.touch(HERE, [ulid(1)], DAY + MINUTE * 9)
    assert await store.delete_untouched(HERE, DAY + MINUTE * 3, 10) == 1
    assert [one.turn_id for one in await found(store, 1, 2, 3)] == [ulid(1), ulid(3)]


async def test_a_turn_of_which_one_row_was_touched_since_stays_whole(store):
    first = row(1_000, 1)
    await store.put([first, row(1_001, 1, 1, touched_at=DAY + MINUTE * 9), *turn_of(2, 1)])
    assert await store.delete_untouched(HERE, DAY + MINUTE * 5, 10) == 1
    assert await found(store, 1, 2) == (first, row(1_001, 1, 1, touched_at=DAY + MINUTE * 9))


async def test_untouched_rows_of_another_namespace_stay(store):
    await store.put(turn_of(1, 1))
    assert await store.delete_untouched("other", DAY + MINUTE * 9, 10) == 0


async def test_chats_are_listed_in_order_with_their_newest_row(store):
    for turn, chat in ((1, "b"), (2, "a"), (3, "b"), (4, ""), (5, "C")):
        await store.put(turn_of(turn, 1, chat_id=chat))
    assert [(chat.chat_id, chat.newest) for chat in await store.chats(HERE, "", 2)] == [
        ("C", DAY + MINUTE * 5),
        ("a", DAY + MINUTE * 2),
    ]
    assert [(chat.chat_id, chat.newest) for chat in await store.chats(HERE, "a", 2)] == [("b", DAY + MINUTE * 3)]


async def test_a_chat_is_deleted_in_batches(store):
    await store.put([*turn_of(1, 5), *turn_of(2, 1, chat_id="chat-2")])
    assert [await store.delete_chat(HERE, "chat-1", 3) for _ in range(3)] == [3, 2, 0]
    assert await store.delete_chat("other", "chat-2", 3) == 0
    assert len(await found(store, 1, 2)) == 1


async def test_rows_of_a_user_are_deleted_in_batches(store):
    await store.put([*turn_of(1, 5), *turn_of(2, 1, user_id="bob")])
    assert [await store.delete_person(HERE, "ann", 3) for _ in range(3)] == [3, 2, 0]
    assert await store.delete_person("other", "bob", 3) == 0
    assert len(await found(store, 2, owner="bob")) == 1


async def test_rows_sealed_with_other_keys_are_paged_in_the_order_of_their_ids(store):
    keys = ("key-1", "", "key-2", "key-0", "key-1", "key-3")
    await store.put([row(n, n, sealed=Sealed(b"x", key, 1, 1)) for n, key in enumerate(keys)])
    first = await store.sealed_otherwise(HERE, "key-2", "", 3)
    then = await store.sealed_otherwise(HERE, "key-2", first[-1].id, 3)
    assert [one.id for one in (*first, *then)] == [ulid(n) for n in (0, 1, 3, 4, 5)]
    assert await store.sealed_otherwise("other", "key-2", "", 3) == ()


async def test_keys_in_use_are_told_by_namespace_and_of_all(store):
    await store.put([row(1, 1, sealed=Sealed(b"x", "key-1")), row(2, 2, sealed=Sealed(b"x"))])
    await store.put([row(3, 3, sealed=Sealed(b"x", "key-2"), namespace="other")])
    assert await store.key_ids(HERE) == {"key-1", ""}
    assert {"key-1", "key-2", ""} <= await store.key_ids()
    assert await store.key_ids("nowhere") == frozenset()


async def test_a_row_gets_another_seal(store):
    await store.put([row(1, 1), row(2, 2)])
    seal = Sealed(b"\x02new", "key-2", 2, 77)
    assert await store.reseal(HERE, [(row(1, 1), seal)]) == 1
    assert [one.sealed for one in await found(store, 1, 2)] == [seal, row(2, 2).sealed]


async def test_a_row_sealed_meanwhile_keeps_that_seal(store):
    await store.put([row(1, 1)])
    await store.reseal(HERE, [(row(1, 1), Sealed(b"new", "key-2"))])
    assert await store.reseal(HERE, [(row(1, 1), Sealed(b"late", "key-3"))]) == 0
    assert [one.sealed.payload for one in await found(store, 1)] == [b"new"]


async def test_a_row_deleted_meanwhile_is_not_sealed(store):
    assert await store.reseal(HERE, [(row(1, 1), Sealed(b"new", "key-2"))]) == 0


async def test_of_many_callers_that_reseal_one_row_exactly_one_succeeds(store):
    await store.put([row(1, 1)])
    racing = [store.reseal(HERE, [(row(1, 1), Sealed(str(n).encode(), f"key-{n + 2}"))]) for n in range(8)]
    assert sorted(await asyncio.gather(*racing)) == [0] * 7 + [1]


async def test_many_tasks_put_and_find_at_once(store):
    async def turn(number: int) -> int:
        await store.put(turn_of(number, 4))
        return len(await found(store, number))

    assert await asyncio.gather(*map(turn, range(1, 41))) == [4] * 40


async def test_a_turn_is_never_seen_in_part(store):
    seen = set[int]()

    async def look() -> None:
        for _ in range(40):
            seen.add(len(await found(store, 1)))
            await asyncio.sleep(0)

    await asyncio.gather(look(), store.put(turn_of(1, 300)), look())
    assert seen <= {0, 300}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payloads=st.lists(st.binary(max_size=2_000), min_size=1, max_size=5), chance=st.integers(0, 10**6))
async def test_any_bytes_are_read_unchanged(store, payloads, chance):
    rows = [row(chance * 8 + n, chance, n, sealed=Sealed(payload)) for n, payload in enumerate(payloads)]
    await store.delete(HERE, "ann", [ulid(chance)], ["reasoning"])
    await store.put(rows)
    assert [one.sealed.payload for one in await found(store, chance)] == payloads
