"""The contract of every Artifacts for turns that several chats share."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ports.artifacts import ArtifactStore
from tests.contracts.artifact_cases import DAY, HERE, PRINT, row, turn_of, ulid

MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(artifact_store) -> ArtifactStore:
    return artifact_store


async def found(store: ArtifactStore, *turns: int) -> tuple:
    return await store.find(HERE, "ann", turn_ids=[ulid(turn) for turn in turns], fingerprints=[], limit=99)


async def test_unbound_turns_lose_their_chat_and_nothing_else(store):
    turns = [*turn_of(1, 2, fingerprint=PRINT), *turn_of(2, 1, touched_at=DAY + MINUTE * 9), *turn_of(3, 1)]
    await store.put(turns)
    await store.unbind(HERE, [ulid(1), ulid(2), "nonsense"])
    free = [replace(one, chat_id="", message_id="") for one in turns[:3]]
    assert await found(store, 1, 2, 3) == (*free, turns[3])


async def test_unbound_turns_are_deleted_by_age_and_not_with_their_chat(store):
    await store.put([*turn_of(1, 2), *turn_of(2, 1)])
    await store.unbind(HERE, [ulid(1)])
    assert await store.delete_chat(HERE, "chat-1", 9) == 1
    assert await store.chats(HERE, "", 9) == ()
    assert await store.delete_untouched(HERE, DAY + MINUTE * 9, 9) == 2


async def test_turns_of_another_namespace_are_not_unbound(store):
    await store.put([row(1, 1)])
    await store.unbind("other", [ulid(1)])
    await store.unbind(HERE, [])
    assert await found(store, 1) == (row(1, 1),)
