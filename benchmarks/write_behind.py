"""What Redis before the database changes: settling a turn, and looking up what a chat remembers.

`python -m benchmarks.write_behind` prints the lines. Both sides are the core without a host; upstream is another
process, redis-server and PostgreSQL are real and on this machine.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from adapters.process.ids import SystemIds
from benchmarks.report import Broken, Line, headings
from benchmarks.rounds import BARE, OURS, alternating, compared
from domain.request.turn_request import Person
from domain.turn.steps import Ended
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.doubles.postgres import new_database_url
from tests.doubles.redis_server import redis_server

NAMESPACE, MODEL, PERSON = "bench", "sim/deltas-20-thinking-20", "ann"
ROUNDS, WARM_UP = 60, 10
REMEMBERED = 20
"""Turns of one lookup, the newest."""


@dataclass(frozen=True, slots=True)
class Side:
    """One core and the turns it has run."""

    core: Core
    settings: Settings
    turns: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Figures:
    """In ms: from the last output of a turn until it was settled, and one lookup."""

    settled: float
    found: float


def measure_write_behind() -> Iterator[Line]:
    """Measure on both databases."""
    with running_simulator() as address, redis_server() as server:
        for kind in ("SQLite", "PostgreSQL"):
            yield from asyncio.run(_measured(address, server.url, kind))


async def _measured(address: str, redis: str, kind: str) -> list[Line]:
    async with AsyncExitStack() as stack:
        sides: dict[str, Side] = {}
        for name in (OURS, BARE):
            folder = Path(stack.enter_context(TemporaryDirectory()))
            url = Secret(redis if name == OURS else "")
            settings = Settings(api_key=Secret(SIMULATOR_KEY), base_url=address, pipe_redis_url=url, log_level="ERROR")
            core = await stack.enter_async_context(open_core(settings, _location(kind, folder)))
            await core.models.offered(settings)
            await core.stores.storage.stores()
            if await core.stores.redis.opened() != (name == OURS):
                raise Broken("Redis is not used as it should be")
            sides[name] = Side(core, settings)

        async def one(name: str) -> Figures:
            return await _figures(sides[name])

        await alternating(WARM_UP, one)
        samples = await alternating(ROUNDS, one)
        what = f"Redis before {kind}, {kind} alone"
        return [
            compared(f"{what}: settling a turn", samples, lambda figures: figures.settled),
            compared(f"{what}: lookup of {REMEMBERED} turns", samples, lambda figures: figures.found),
        ]


def _location(kind: str, folder: Path) -> StorageLocation:
    if kind == "SQLite":
        return sqlite_location(folder / "store.db")
    return postgres_location(make_url(new_database_url()), folder=folder)


async def _figures(side: Side) -> Figures:
    core, turn_id = side.core, SystemIds().new_id()
    side.turns.append(turn_id)
    message = {"role": "user", "content": "Why is the sky blue?"}
    person, history = Person(PERSON, "chat", f"message-{len(side.turns)}"), CallerHistory(NAMESPACE)
    asked = CallerRequest(MODEL, (message,), person=person, history=history, turn_id=turn_id)
    async for output in core.turn(asked, side.settings, await core.models.listing(side.settings))(None):
        if isinstance(output, Ended) and output.end.fault is not None:
            raise Broken(f"a turn failed: {output.end.fault.kind.value}")
    ended = time.perf_counter()
    await core.drained()
    settled = time.perf_counter()
    await asyncio.sleep(0.02)  # the next message of a chat comes later than that
    artifacts, wanted = (await core.stores.artifacts.sealed_store()).artifacts, side.turns[-REMEMBERED:]
    began = time.perf_counter()
    rows = await artifacts.find(NAMESPACE, PERSON, turn_ids=wanted, fingerprints=(), limit=4_000)
    found = time.perf_counter()
    if {row.turn_id for row in rows} != set(wanted):
        raise Broken("turns are missing")
    return Figures((settled - ended) * 1000, (found - began) * 1000)


def _main() -> None:
    print(headings())
    for line in measure_write_behind():
        print(line.text())


if __name__ == "__main__":
    _main()
