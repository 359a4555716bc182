"""Forgetting a person deletes all their rows and nobody else's."""

from dataclasses import replace

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from adapters.memory.ledger import MemoryLedger
from adapters.memory.tool_runs import MemoryToolRuns
from domain.services.forget_person import BATCH, forget_person
from tests.contracts.artifact_cases import HERE, row, turn_of, ulid
from tests.contracts.ledger_cases import ENDED
from tests.contracts.tool_run_cases import run
from tests.doubles.clock import FakeClock


@pytest.fixture
def artifacts() -> MemoryArtifacts:
    return MemoryArtifacts(FakeClock())


@pytest.fixture
def runs() -> MemoryToolRuns:
    return MemoryToolRuns()


async def test_all_rows_of_a_person_are_deleted_however_many_there_are(
    artifacts: MemoryArtifacts, runs: MemoryToolRuns
) -> None:
    await artifacts.put(turn_of(1, BATCH + 1))
    await artifacts.put(turn_of(2, 2))
    await runs.start([run(1, call) for call in range(BATCH + 1)])
    assert await forget_person(artifacts, runs, HERE, "ann") == BATCH + 3 + BATCH + 1
    assert await artifacts.find(HERE, "ann", turn_ids=[ulid(1), ulid(2)], fingerprints=[], limit=9_999) == ()
    assert await runs.unsettled(HERE, "ann", chat_id="chat-1", turn_ids=[], limit=9_999) == ()


async def test_others_and_other_pipes_keep_theirs(artifacts: MemoryArtifacts, runs: MemoryToolRuns) -> None:
    await artifacts.put([row(1, 1), row(2, 2, user_id="bob"), row(3, 3, namespace="elsewhere")])
    others = [run(2, 1, user_id="bob"), run(3, 1, namespace="elsewhere")]
    await runs.start([run(1, 1), *others])
    assert await forget_person(artifacts, runs, HERE, "ann") == 2
    for namespace, owner, turn in ((HERE, "bob", ulid(2)), ("elsewhere", "ann", ulid(3))):
        assert await artifacts.find(namespace, owner, turn_ids=[turn], fingerprints=[], limit=9)
        assert await runs.unsettled(namespace, owner, chat_id="", turn_ids=[turn], limit=9)


async def test_what_a_person_spent_stays_without_their_name(artifacts: MemoryArtifacts, runs: MemoryToolRuns) -> None:
    ledger = MemoryLedger()
    spent = [replace(ENDED, namespace=HERE, attempt_no=number) for number in range(BATCH + 1)]
    await ledger.write([*spent, replace(ENDED, namespace=HERE, turn_id="b", user_id="bob")])
    assert await forget_person(artifacts, runs, HERE, "ann", ledger) == BATCH + 1
    entries = await ledger.of_turn(HERE, ENDED.turn_id)
    assert {(entry.user_id, entry.chat_id, entry.cost) for entry in entries} == {("", "", ENDED.cost)}
    assert [entry.user_id for entry in await ledger.of_turn(HERE, "b")] == ["bob"]


async def test_an_empty_person_id_is_rejected(artifacts: MemoryArtifacts, runs: MemoryToolRuns) -> None:
    await artifacts.put([row(1, 1, user_id="")])
    with pytest.raises(ValueError, match="user_id"):
        await forget_person(artifacts, runs, HERE, "")
    assert await artifacts.find(HERE, "", turn_ids=[ulid(1)], fingerprints=[], limit=9)
