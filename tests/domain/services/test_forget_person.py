"""A person who is to be forgotten leaves nothing, and everybody else keeps theirs."""

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from domain.services.forget_person import BATCH, forget_person
from tests.contracts.artifact_cases import HERE, row, turn_of, ulid
from tests.doubles.clock import FakeClock


async def test_all_rows_of_a_person_go_however_many_there_are() -> None:
    artifacts = MemoryArtifacts(FakeClock())
    await artifacts.put(turn_of(1, BATCH + 1))
    await artifacts.put(turn_of(2, 2))
    assert await forget_person(artifacts, HERE, "ann") == BATCH + 3
    assert await artifacts.find(HERE, "ann", turn_ids=[ulid(1), ulid(2)], fingerprints=[], limit=9_999) == ()


async def test_others_and_other_pipes_keep_theirs() -> None:
    artifacts = MemoryArtifacts(FakeClock())
    await artifacts.put([row(1, 1), row(2, 2, user_id="bob"), row(3, 3, namespace="elsewhere")])
    assert await forget_person(artifacts, HERE, "ann") == 1
    assert await artifacts.find(HERE, "bob", turn_ids=[ulid(2)], fingerprints=[], limit=9)
    assert await artifacts.find("elsewhere", "ann", turn_ids=[ulid(3)], fingerprints=[], limit=9)


async def test_nobody_in_particular_cannot_be_forgotten() -> None:
    artifacts = MemoryArtifacts(FakeClock())
    await artifacts.put([row(1, 1, user_id="")])
    with pytest.raises(ValueError, match="user_id"):
        await forget_person(artifacts, HERE, "")
    assert await artifacts.find(HERE, "", turn_ids=[ulid(1)], fingerprints=[], limit=9)
