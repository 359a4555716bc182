"""One worker of the drill of the ledger: a whole core that runs turns of every kind until it is done or killed."""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from sqlalchemy import make_url

from adapters.process.ids import SystemIds
from domain.request.turn_request import Caller, Person
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret

NAMESPACE = "drill"
NOWHERE = "http://127.0.0.1:9/api/v1"
AT_ONCE = 8
PLAIN = "sim/deltas-20"
KINDS = (
    ("plain", PLAIN, 6),
    ("slow", "sim/deltas-200-rate-200", 4),
    ("silent", "sim/slow-start-1", 2),
    ("cut", "sim/cut-5", 1),
    ("refused", "sim/error-400", 1),
    ("late", "sim/error-504", 1),
    ("busy", "sim/error-429-first-1", 1),
    ("task", "sim/deltas-200-rate-400", 2),
    ("picture", "openai/gpt-image-2", 1),
    ("unreachable", PLAIN, 1),
)
STOPPED = 0.3
"""The share of turns whose reader leaves after a while."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker does. `database`: a URL of PostgreSQL, or a file. `report`: the file that names its turns."""

    upstream: str
    key: str
    database: str
    folder: Path
    turns: int
    seed: int
    report: Path

    @property
    def location(self) -> StorageLocation:
        """Where the ledger is."""
        if self.database.startswith("postgres"):
            return postgres_location(make_url(self.database), folder=self.folder)
        return sqlite_location(Path(self.database))

    @property
    def settings(self) -> Settings:
        """The settings of its turns."""
        return Settings(api_key=Secret(self.key), base_url=self.upstream, log_level="CRITICAL", enable_ledger=True)


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
    """Writes lines that survive the process."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, *words: str) -> None:
        """Write one line."""
        os.write(self._handle, (" ".join(words) + "\n").encode())


async def _work(job: Job, note: Note) -> None:
    rng, ids = Random(job.seed), SystemIds()
    async with open_core(job.settings, job.location) as core:
        await core.models.offered(job.settings)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(kind: str, model: str, leaves_after: float | None) -> None:
            async with places:
                turn_id = ids.new_id()
                note.write("turn", turn_id, kind)
                if await run_turn(core, job.settings, kind, model, turn_id, leaves_after):
                    note.write("left", turn_id)

        async with asyncio.TaskGroup() as group:
            for _ in range(job.turns):
                kind, model, _ = rng.choices(KINDS, [weight for _, _, weight in KINDS])[0]
                leaves = rng.uniform(0.0, 0.8) ** 2 if rng.random() < STOPPED else None
                group.create_task(one(kind, model, leaves))
        await core.drained()
    note.write("done")


async def run_turn(
    core: Core, settings: Settings, kind: str, model: str, turn_id: str, leaves_after: float | None = None
) -> bool:
    """Read one turn, to its end or until its reader leaves; return whether they left."""
    settings = replace(settings, base_url=NOWHERE) if kind == "unreachable" else settings
    asked = CallerRequest(
        model,
        ({"role": "user", "content": f"drill-{turn_id}"},),
        person=Person(f"person-{turn_id}", "chat"),
        history=CallerHistory(NAMESPACE),
        turn_id=turn_id,
        caller=Caller.TASK if kind == "task" else Caller.API,
        task="title_generation" if kind == "task" else "",
        stream=kind != "task",
    )
    start = core.turn(asked, settings, await core.models.listing(settings))

    async def read() -> None:
        async for _ in start(asyncio.current_task()):
            pass

    try:
        async with asyncio.timeout(leaves_after):
            await read()
    except TimeoutError:
        return True
    return False
