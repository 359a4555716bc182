"""One worker of the drill of the ledger: a whole core that runs turns of every kind until it is done or killed."""

import asyncio
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from sqlalchemy import make_url

from adapters.process.ids import SystemIds
from domain.faults.causes import TooFast
from domain.faults.fault import Fault
from domain.request.turn_request import Caller, Parameters, Person
from domain.turn.statuses import BudgetLow
from domain.turn.steps import Ended, ShowStatus
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret

NAMESPACE = "drill"
NOWHERE = "http://127.0.0.1:9/api/v1"
AT_ONCE = 8
PLAIN, CAPPED, CAPPED_TOKENS = "sim/deltas-20", "sim/deltas-200", 200
KINDS = (
    ("plain", PLAIN, 6),
    ("capped", CAPPED, 5),
    ("slow", "sim/deltas-200-rate-200", 4),
    ("silent", "sim/slow-start-1", 2),
    ("thinking", "sim/deltas-20-thinking-200", 1),
    ("cut", "sim/cut-5", 1),
    ("reset", "sim/reset", 1),
    ("broken", "sim/no-terminal-5", 1),
    ("failed", "sim/failed", 1),
    ("refused", "sim/error-400", 1),
    ("late", "sim/error-504", 1),
    ("busy", "sim/error-429-first-60", 1),
    ("task", "sim/deltas-200-rate-400", 2),
    ("picture", "openai/gpt-image-2", 1),
    ("unreachable", PLAIN, 1),
)
"""Kinds of turns: name, model, weight. A hard budget limits the capped ones; it is spent in the middle of the drill.

Reservations need a price: the capped model is in the catalog, unlike some of the others, whose price is unknown.
"""
STOPPED = 0.3
"""The share of turns whose reader leaves after a while."""
PEOPLE, HASTY, OF_HASTY = 200, "person-hasty", 0.1
"""Persons, and one who sends this share of all turns: more than a minute allows."""
PER_MINUTE, TOO_FAST = 8, "too_fast"
BUDGETS = """
- {{name: capped, who: all, models: {capped}, period: month, hard: {hard}}}
- {{name: everything, who: all, period: month, soft: {soft}, hard: 1000}}
- {{name: people, who: each, period: month, unit: tokens, soft: 500}}
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker does. `database`: a URL of PostgreSQL, or a file. `redis`: the URL of a server.

    `report`: the file that names its turns. `hard` and `soft`: limits of two budgets, in USD.
    """

    upstream: str
    key: str
    database: str
    redis: str
    folder: Path
    turns: int
    seed: int
    report: Path
    hard: Decimal
    soft: Decimal

    @property
    def location(self) -> StorageLocation:
        """Where the ledger and the budgets are."""
        if self.database.startswith("postgres"):
            return postgres_location(make_url(self.database), folder=self.folder)
        return sqlite_location(Path(self.database))

    @property
    def settings(self) -> Settings:
        """The settings of its turns."""
        return Settings(
            api_key=Secret(self.key),
            base_url=self.upstream,
            log_level="CRITICAL",
            enable_ledger=True,
            budgets=BUDGETS.format(capped=CAPPED, hard=self.hard, soft=self.soft),
            user_requests_per_minute=PER_MINUTE,
            pipe_redis_url=Secret(self.redis),
            costs_redis_dump=True,
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """One turn: its kind, model and person, and when its reader leaves, in seconds; None: at its end."""

    turn_id: str
    kind: str
    model: str
    user_id: str
    leaves_after: float | None = None


def work(job: Job) -> None:
    """Run the turns of a job in this process."""
    logging.disable(logging.CRITICAL)
    with noted(job.report) as note:
        asyncio.run(_work(job, note))


@contextmanager
def noted(report: Path) -> Iterator["Note"]:
    """Open the report of a worker."""
    handle = os.open(report, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        yield Note(handle)
    finally:
        os.close(handle)


class Note:
    """Writes lines that survive the process, each with its moment on the monotonic clock."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, *words: str) -> None:
        """Write one line."""
        os.write(self._handle, (" ".join((*words, f"{time.monotonic():.6f}")) + "\n").encode())


async def _work(job: Job, note: Note) -> None:
    rng, ids = Random(job.seed), SystemIds()
    async with open_core(job.settings, job.location) as core:
        await core.models.offered(job.settings)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(kind: str, model: str, person: str, leaves_after: float | None) -> None:
            async with places:
                ask = Ask(ids.new_id(), kind, model, person, leaves_after)
                note.write("turn", ask.turn_id, kind, person)
                await run_turn(core, job.settings, ask, note)

        async with asyncio.TaskGroup() as group:
            for _ in range(job.turns):
                kind, model, _ = rng.choices(KINDS, [weight for _, _, weight in KINDS])[0]
                person = HASTY if rng.random() < OF_HASTY else f"person-{rng.randrange(PEOPLE)}"
                leaves = rng.uniform(0.0, 0.8) ** 2 if rng.random() < STOPPED else None
                group.create_task(one(kind, model, person, leaves))
        await core.drained()
    note.write("done")


def _named(fault: Fault | None) -> str:
    if fault is not None and isinstance(fault.cause, TooFast):
        return TOO_FAST
    return fault.kind.value if fault is not None else "-"


async def run_turn(core: Core, settings: Settings, ask: Ask, note: Note) -> None:
    """Read one turn, to its end or until its reader leaves, and note which of them."""
    if ask.kind == "unreachable":
        settings = replace(settings, base_url=NOWHERE)
    elif ask.kind == "capped":  # no turn of a hard budget runs without a reservation
        settings = replace(settings, budget_when_store_down="refuse")
    is_task = ask.kind == "task"
    asked = CallerRequest(
        ask.model,
        ({"role": "user", "content": f"drill-{ask.turn_id}"},),
        Parameters(max_output_tokens=CAPPED_TOKENS if ask.kind == "capped" else None),
        person=Person(ask.user_id, "chat"),
        history=CallerHistory(NAMESPACE),
        turn_id=ask.turn_id,
        caller=Caller.TASK if is_task else Caller.API,
        task="title_generation" if is_task else "",
        stream=not is_task,
    )
    start = core.turn(asked, settings, await core.models.listing(settings))

    async def read() -> None:
        async for output in start(asyncio.current_task()):
            if isinstance(output, ShowStatus) and isinstance(output.status, BudgetLow):
                note.write("warned", ask.turn_id)
            if isinstance(output, Ended):
                note.write("ended", ask.turn_id, _named(output.end.fault))

    reading = asyncio.get_running_loop().create_task(read(), name="drill-read")

    def leave() -> None:
        if not reading.done():
            note.write("left", ask.turn_id)
            reading.cancel()

    timer = None
    if ask.leaves_after is not None:
        timer = asyncio.get_running_loop().call_later(ask.leaves_after, leave)
    await asyncio.wait((reading,))
    if timer is not None:
        timer.cancel()
    if not reading.cancelled():
        reading.result()
