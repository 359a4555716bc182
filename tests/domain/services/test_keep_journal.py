"""The tool journal of one person stays within its bounds, and nobody else pays for it."""

from datetime import timedelta
from functools import partial

from adapters.memory.tool_runs import MemoryToolRuns
from domain.services.journal_calls import JournalCalls
from domain.services.keep_journal import IDLE, REACHED, KeepJournal
from domain.services.owned_tasks import OwnedTasks
from domain.services.store_budget import StoreHealth
from ports.cipher import Sealed
from ports.tool_runs import ToolRun, ToolRunsUnavailable
from tests.contracts.artifact_cases import HERE, ulid
from tests.contracts.tool_run_cases import run
from tests.doubles.clock import FakeClock
from tests.doubles.telemetry import RecordedTelemetry

ROWS, BYTES = 20, 20_000


class Desk:
    """A journal with small bounds."""

    def __init__(self, runs: MemoryToolRuns | None = None) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.runs = runs or MemoryToolRuns(lifetime=timedelta(days=99))
        self.tasks = OwnedTasks(self.log)
        health = StoreHealth(self.clock, self.log)
        keep = KeepJournal(self.runs, health, self.log, most_bytes=BYTES, most_rows=ROWS)
        self.journal = JournalCalls(self.runs, health, self.tasks.own, keep=keep)

    def run(self, turn: int, call: int, owner: str) -> ToolRun:
        return run(turn, call, user_id=owner, started_at=self.clock.now())

    async def call(self, turn: int, call: int = 1, owner: str = "ann", *, size: int = 0, ends: bool = True) -> None:
        self.clock.advance(1)
        one = self.run(turn, call, owner)
        assert await self.journal.start(one)
        if ends:
            self.journal.finish(one, partial(_sealed, size))
        await self.tasks.drained()

    async def known(self, owner: str = "ann") -> int:
        turns = [ulid(turn) for turn in range(999)]
        return len(await self.runs.unsettled(HERE, owner, chat_id="", turn_ids=turns, limit=999))


async def _sealed(size: int) -> Sealed:
    return Sealed(bytes(size), "key", 1, size)


async def test_many_calls_of_one_person_are_bounded_and_it_is_logged_once() -> None:
    desk = Desk()
    for turn in range(1, 90):
        await desk.call(turn)
    assert await desk.known() <= ROWS + 1
    assert desk.log.only(REACHED).values["user_id"] == "ann"


async def test_large_results_of_one_person_are_bounded() -> None:
    desk = Desk()
    for turn in range(1, 12):
        await desk.call(turn, size=6_000)
    assert await desk.known() <= 3


async def test_calls_of_others_stay() -> None:
    desk = Desk()
    await desk.call(1, owner="bob", size=9_000)
    for turn in range(2, 90):
        await desk.call(turn)
    assert await desk.known("bob") == 1


async def test_callers_without_a_name_are_bounded_together() -> None:
    desk = Desk()
    for turn in range(1, 90):
        await desk.call(turn, owner="")
    assert await desk.known("") <= ROWS + 1


async def test_calls_that_may_still_run_stay_and_go_after_a_day() -> None:
    desk = Desk()
    for turn in range(1, 60):
        await desk.call(turn, ends=False)
    assert await desk.known() == 59
    desk.clock.advance(IDLE.total_seconds() + 60)
    await desk.call(60)
    await desk.call(61)
    assert await desk.known() <= ROWS + 1


async def test_the_calls_of_the_running_turn_stay_all_of_them() -> None:
    desk = Desk()
    for call in range(1, 60):
        await desk.call(1, call, size=1_000)
    assert await desk.known() == 59


async def test_a_store_that_cannot_trim_loses_no_call() -> None:
    class Broken(MemoryToolRuns):
        async def trim(self, *_: object) -> int:
            raise ToolRunsUnavailable("locked")

    desk = Desk(Broken())
    for turn in range(1, 60):
        await desk.call(turn)
    assert await desk.known() == 59
    assert desk.log.named(REACHED) == []
