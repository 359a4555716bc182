"""Several processes that do the same thing at the same time; run as a module it is one of them."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.memory.tool_runs import MemoryToolRuns
from adapters.redis.leases import RedisLeases
from adapters.sql.database import Database
from adapters.sql.leases import SqlLeases
from adapters.sql.tool_runs import SqlToolRuns
from ports.leases import Leases
from ports.tool_runs import ToolRunStore
from tests.contracts.artifact_cases import DAY
from tests.contracts.tool_run_cases import run
from tests.doubles.redis_connections import another_connection

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 20


def race(url: str, count: int) -> list[dict[str, list[int]]]:
    """Start processes, release them together, and return the results of each."""
    command = [sys.executable, "-m", "tests.contracts.racers", url]
    racers = []
    for number in range(count):
        racers.append(
            subprocess.Popen(
                [*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
        )
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        return [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[tuple[Leases, ToolRunStore]]:
    """Open the stores of a process; Redis has no tool runs."""
    if url.startswith("redis://"):
        async with another_connection(url) as connection:
            await connection.opened()
            yield RedisLeases(connection), MemoryToolRuns()
        return
    database = Database(url)
    async with database.reading():
        pass
    yield SqlLeases(database), SqlToolRuns(database)
    await database.aclose()


async def _take(leases: Leases, name: str) -> list[int]:
    """Take many leases; return the fence of each that was granted, 0 for none."""
    got = list[int]()
    for number in range(ROUNDS):
        lease = await leases.take(f"work-{number}", name, DAY, 60.0)
        got.append(0 if lease is None else lease.fence)
    return got


async def _pass_on(leases: Leases, name: str) -> list[int]:
    """Take and release one lease repeatedly; return the fences that were granted."""
    got = list[int]()
    while len(got) < ROUNDS:
        lease = await leases.take("work", name, DAY, 60.0)
        if lease is not None:
            got.append(lease.fence)
            await leases.release(lease)
        await asyncio.sleep(0.002)
    return got


async def _start(runs: ToolRunStore) -> list[int]:
    """Start many runs; return how many were new."""
    return [len(await runs.start([run(number, 1), run(number, 2)])) for number in range(ROUNDS)]


async def _main(url: str, name: str) -> None:
    async with _opened(url) as (leases, runs):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        done = {"taken": await _take(leases, name), "passed on": await _pass_on(leases, name)}
        done["started"] = await _start(runs)
    print(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
