"""Calls are journalled in batches, and one that a store refuses costs the others nothing: with every ToolRunStore."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from adapters.memory.tool_runs import MemoryToolRuns
from adapters.process.clock import SystemClock
from adapters.sql.tool_runs import SqlToolRuns
from domain.services.journal_calls import JournalCalls
from domain.services.owned_tasks import OwnedTasks
from domain.services.store_budget import StoreHealth
from ports.cipher import Sealed
from ports.tool_runs import RunState, ToolRunStore
from tests.contracts.artifact_cases import HERE, ulid
from tests.contracts.tool_run_cases import KEPT, run
from tests.doubles.telemetry import RecordedTelemetry
from tests.patience import PATIENCE

LONG = "".join(f"{n:05d}" for n in range(2_000))
"""Longer than a key of PostgreSQL may be, and nothing that compresses."""


@pytest.fixture
def runs(database) -> ToolRunStore:
    return MemoryToolRuns() if database is None else SqlToolRuns(database)


@pytest.fixture
async def journal(runs: ToolRunStore) -> AsyncIterator[JournalCalls]:
    log = RecordedTelemetry()
    tasks = OwnedTasks(log)
    yield JournalCalls(runs, StoreHealth(SystemClock(), log), tasks.own)
    await tasks.drained()


async def states(runs: ToolRunStore) -> dict[str, RunState]:
    found = await runs.unsettled(HERE, "ann", chat_id="chat-1", turn_ids=[ulid(1)], limit=99)
    return {one.call_id: one.state for one in found}


@pytest.mark.parametrize("which", ["call_id", "chat_id", "user_id", "message_id", "name"])
async def test_one_call_with_a_long_id_does_not_keep_others_from_starting(journal, runs, which) -> None:
    odd = run(1, 2, **{which: LONG})
    answers = await asyncio.gather(*(journal.start(one) for one in (run(1, 1), odd, run(1, 3), run(2, 4))))
    assert answers == [True, None, True, True]
    assert set(await states(runs)) == {"call-1", "call-3", "call-4"}


async def test_a_call_is_still_new_once_when_another_is_refused_beside_it(journal) -> None:
    first = await asyncio.gather(journal.start(run(1, 1)), journal.start(run(1, 2, call_id=LONG)))
    again = await asyncio.gather(journal.start(run(1, 1)), journal.start(run(1, 2, call_id=LONG)))
    assert (first, again) == ([True, None], [False, None])


async def test_an_end_that_cannot_be_stored_does_not_keep_others_from_ending(journal, runs, eventually) -> None:
    await asyncio.gather(*(journal.start(run(1, call)) for call in (1, 2, 3)))
    for call in (1, 2, 3):
        journal.finish(run(1, call), sealing(Sealed(b"x", "key", 1, 2**80) if call == 2 else KEPT))
    await eventually(lambda found: list(found.values()) == [RunState.FINISHED] * 3)


def sealing(sealed: Sealed):
    async def seal() -> Sealed:
        return sealed

    return seal


@pytest.fixture
def eventually(runs: ToolRunStore):
    async def waiting(is_so: Callable[[dict[str, RunState]], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not is_so(await states(runs)):
                await asyncio.sleep(0.02)

    return waiting
