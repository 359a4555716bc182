"""One worker of the drill of write-behind: puts turn after turn until it is done or killed, and notes each."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from secrets import token_hex

from adapters.process.clock import SystemClock
from adapters.redis.artifact_flusher import WriteBehind
from adapters.redis.connection import Patience
from adapters.sql.database import Database
from ports.artifacts import Artifact, ArtifactsError
from ports.cipher import Sealed
from tests.contracts.artifact_cases import ulid
from tests.doubles.redis_artifacts import worker
from tests.drills.ledger_worker import noted

NAMESPACE = "drill"
ROWS = 5
PEOPLE = 20
AT_ONCE = 8
GONE = "gone"
"""The person whose data is deleted again and again while it is written."""
OPTIONS = WriteBehind(idle_seconds=3.0, every_seconds=1.0, batch_rows=10)
PATIENCE = Patience(command=10.0, first_pause=0.3, longest_pause=1.0)
"""Entries of dead workers are taken over, and connections opened again, sooner than in production; the
machine may be busy, so commands have more time."""


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker does: put some turns. `report`: the file that names what was put."""

    database: str
    redis: str
    turns: tuple[int, ...]
    report: Path


def owner_of(turn: int) -> str:
    """Return whose turn it is."""
    return GONE if turn % 10 == 0 else f"person-{turn % PEOPLE}"


def rows_of(turn: int) -> list[Artifact]:
    """Return the rows of a turn; their bytes depend on its number."""
    rng = Random(turn)
    return [
        Artifact(
            id=ulid(turn * 100 + ordinal),
            namespace=NAMESPACE,
            turn_id=ulid(turn),
            ordinal=ordinal,
            kind="reasoning",
            model="sim/model",
            user_id=owner_of(turn),
            sealed=Sealed(rng.randbytes(rng.randrange(20, 2_000)), "key", 1, 9),
            created_at=datetime.now(UTC),
            chat_id=f"chat-{turn % 100}",
            message_id=f"message-{turn}",
            fingerprint=f"{turn:032x}",
        )
        for ordinal in range(ROWS)
    ]


def work(job: Job) -> None:
    """Put the turns of a job in this process."""
    logging.disable(logging.CRITICAL)
    asyncio.run(_work(job))


async def _work(job: Job) -> None:
    places, database = asyncio.Semaphore(AT_ONCE), Database(job.database)
    with noted(job.report) as note:
        async with worker(
            database, job.redis, token_hex(4), clock=SystemClock(), options=OPTIONS, patience=PATIENCE
        ) as artifacts:

            async def put(turn: int) -> None:
                async with places:
                    note.write("began", str(turn))
                    while True:
                        try:
                            await artifacts.put(rows_of(turn))
                        except ArtifactsError as error:
                            note.write("failed", error.reason)
                            await asyncio.sleep(0.05)
                        else:
                            break
                    note.write("put", str(turn))

            async with asyncio.TaskGroup() as group:
                for turn in job.turns:
                    group.create_task(put(turn))
        note.write("done")
    await database.aclose()
