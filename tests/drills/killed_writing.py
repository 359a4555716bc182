"""The process to be killed: it opens a store as in production, and stores turn after turn.

It reports every stage through a pipe before it enters it, so that the killer can choose the stage.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.threads import ThreadOffload
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import TurnMemory
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import sqlite_location
from tests.doubles.telemetry import RecordedTelemetry
from tests.drills.killed_turns import turn

ANN = Person(user_id="ann", chat_id="chat-1", message_id="message-1")
MEMORY = Remembering(namespace="pipe_1a2b3c4d")
OPENING, SEALING, BEGINNING, INSERTING, COMMITTING, STORED = STAGES = (
    *("opening", "sealing", "beginning", "inserting", "committing"),
    "stored",
)
STATEMENTS = {"BEGIN": BEGINNING, "INSERT": INSERTING, "COMMIT": COMMITTING}
LONGEST = 200
"""Most turns that a child writes."""


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Storage, TurnMemory, RecordedTelemetry]]:
    """Open the store of a folder as in production; close it at the end."""
    clock, offload, telemetry = SystemClock(), ThreadOffload(), RecordedTelemetry()
    storage = Storage(
        sqlite_location(folder.absolute() / "store.db"), clock=clock, offload=offload, telemetry=telemetry
    )
    memory = TurnMemory(
        opened=storage.sealed_store,
        offload=offload,
        clock=clock,
        ids=SystemIds(),
        telemetry=telemetry,
    )
    try:
        yield storage, memory, telemetry
    finally:
        await storage.aclose()
        await offload.aclose()


def started(folder: Path, first: int) -> tuple[int, int]:
    """Fork a writer of turns from `first` on; return its process id and the read end of the pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        asyncio.run(_write(folder, first, lambda text: os.write(writing, f"{text}\n".encode())))
    finally:
        os._exit(1)


async def _write(folder: Path, first: int, note: Callable[[str], object]) -> None:
    note(f"{OPENING} 0")
    async with opened(folder) as (storage, memory, _):
        await storage.sealed_store()
        at = first

        def executing(_: object, __: object, statement: str, *___: object) -> None:
            if (word := statement.split(maxsplit=1)[0]) in STATEMENTS:
                note(f"{STATEMENTS[word]} {at}")

        event.listen(sa.Engine, "before_cursor_execute", executing)
        for at in range(first, first + LONGEST):
            record = turn(at)
            note(f"{SEALING} {at}")
            await memory.remember(ANN, MEMORY, record)
            note(f"{STORED} {at}")
