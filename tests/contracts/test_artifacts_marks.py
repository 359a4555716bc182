"""A turn is marked by a row that is written later: it comes back with the turn's rows, and goes with them."""

import pytest

from domain.conversation.refused_turns import KIND, ORDINAL
from ports.artifacts import ArtifactStore
from tests.contracts.artifact_cases import HERE, PRINT, numbers, row, turn_of, ulid

MARK = row(9_000, 1, ORDINAL, kind=KIND, model="", fingerprint="")


@pytest.fixture
async def store(artifact_store) -> ArtifactStore:
    await artifact_store.put(turn_of(1, 2, fingerprint=PRINT))
    await artifact_store.put([MARK])
    return artifact_store


async def found(store: ArtifactStore, owner: str = "ann", prints: tuple[str, ...] = (), turns: tuple[int, ...] = (1,)):
    ids = [ulid(turn) for turn in turns]
    return await store.find(HERE, owner, turn_ids=ids, fingerprints=prints, limit=100)


async def test_a_mark_comes_back_behind_the_rows_of_its_turn(store):
    assert numbers(await found(store)) == [(ulid(1), 0), (ulid(1), 1), (ulid(1), ORDINAL)]


async def test_a_mark_comes_back_for_a_turn_that_is_recognised_by_its_words(store):
    assert MARK in await found(store, prints=(PRINT,), turns=())


async def test_a_mark_belongs_to_the_owner_of_its_turn(store):
    assert await found(store, owner="bob") == ()


async def test_a_mark_stays_when_the_thinking_is_deleted(store):
    await store.delete(HERE, "ann", [ulid(1)], ("reasoning",))
    assert await found(store) == (MARK,)


async def test_a_mark_goes_with_its_chat(store):
    await store.delete_chat(HERE, "chat-1", 100)
    assert await found(store) == ()


async def test_a_mark_is_unbound_with_its_turn(store):
    await store.unbind(HERE, [ulid(1)])
    assert await store.delete_chat(HERE, "chat-1", 100) == 0
    assert len(await found(store)) == 3
