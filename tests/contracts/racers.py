"""Several processes that do the same thing at the same time; run as a module it is one of them."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from adapters.sql.database import Database
from adapters.sql.leases import SqlLeases
from adapters.sql.tool_runs import SqlToolRuns
from tests.contracts.artifact_cases import DAY
from tests.contracts.tool_run_cases import run

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


async def _take(database: Database, name: str) -> list[int]:
    """Take many leases; return the fence of each that was granted, 0 for none."""
    leases, got = SqlLeases(database), list[int]()
    for number in range(ROUNDS):
        lease = await leases.take(f"work-{number}", name, DAY, 60.0)
        got.append(0 if lease is None else lease.fence)
    return got


async def _pass_on(database: Database, name: str) -> list[int]:
    """Take and release one lease repeatedly; return the fences that were granted."""
    leases, got = SqlLeases(database), list[int]()
    while len(got) < ROUNDS:
        lease = await leases.take("work", name, DAY, 60.0)
        if lease is not None:
            got.append(lease.fence)
            await leases.release(lease)
        await asyncio.sleep(0.002)
    return got


async def _start(database: Database, name: str) -> list[int]:
    """Start many runs; return how many were new."""
    runs = SqlToolRuns(database)
    return [len(await runs.start([run(number, 1), run(number, 2)])) for number in range(ROUNDS)]


async def _main(url: str, name: str) -> None:
    database = Database(url)
    async with database.reading():
        print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    done = {
        "taken": await _take(database, name),
        "passed on": await _pass_on(database, name),
        "started": await _start(database, name),
    }
    await database.aclose()
    print(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
