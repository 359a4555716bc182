"""Budgets: every order of events of their protocol; 64 turns at once against room for 10, again and again; processes
that are killed while they hold reservations.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.memory.budgets import MemoryBudgets
from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from ports.budgets import Budgets, Claim, Unit
from tests.doubles.databases import empty_postgres_url, sqlite_url
from tests.drills.budgets_model import Broken, explore, spin

ROOT = Path(__file__).resolve().parents[2]
RUNS, TURNS, ROOM, PROCESSES = 20, 64, 10, 2
NOW = datetime(2026, 11, 30, tzinfo=UTC)
ENDS = NOW + timedelta(days=1)


def claim_of(run: int) -> Claim:
    return Claim(f"run-{run}", Unit.USD, 10, ENDS, limit=10 * ROOM)


async def race(budgets: Budgets, run: int, first: int, count: int, holder: str) -> int:
    """Let turns reserve at once; return how many were admitted."""
    turns = (f"{run}-{first + number}" for number in range(count))
    until = NOW + timedelta(minutes=2)
    asked = (budgets.reserve("ns", turn, (claim_of(run),), holder, until) for turn in turns)
    return sum(answer.held for answer in await asyncio.gather(*asked))


@asynccontextmanager
async def racers(url: str, command: str, count: int) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Start processes of this module that wait for a line."""
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.drills.budgets", "--part", command, "--url", url, "--number", str(number)),
            stdin=pipe,
            stdout=pipe,
            cwd=ROOT,
        )
        for number in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        yield processes
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def races_between(url: str, misses: list[str], kind: str, runs: int) -> int:
    """Race in two processes; return the most that one run admitted."""
    most = 0
    async with racers(url, "race", PROCESSES) as processes:
        for run in range(runs):
            admitted = 0
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(f"{run}\n".encode())
            for process in processes:
                assert process.stdout is not None
                admitted += int(await process.stdout.readline())
            most = max(most, admitted)
            if admitted != ROOM:
                misses.append(f"{kind}: run {run} admitted {admitted}")
    return most


async def killed(url: str, misses: list[str], kind: str) -> int:
    """Kill a process that holds reservations; they expire, count as spent until settled, and are given back."""
    async with racers(url, "hold", 1) as (process,):
        process.kill()
        await process.wait()
    database = Database(url)
    try:
        budgets = SqlBudgets(database)
        (held,) = await budgets.read("killed", ["run-0"])
        orphans = await budgets.expire("killed", NOW + timedelta(minutes=2), 100)
        (expired,) = await budgets.read("killed", ["run-0"])
        for orphan in orphans:
            await budgets.void("killed", orphan.turn_id)
        (after,) = await budgets.read("killed", ["run-0"])
        if (held.reserved, expired.spent, expired.reserved, after.spent) != (100, 100, 0, 0):
            misses.append(f"{kind}: killed holders left {held}, {expired}, {after}")
        return len(orphans)
    finally:
        await database.aclose()


async def drill(runs: int) -> list[str]:
    """Run every part and print its figures; return what went wrong."""
    misses: list[str] = []
    try:
        states, ends = explore()
        print(f"{'states of the protocol, ends':<34} {states}, {ends}")
        print(f"{'spin':<34} {spin()}")
    except Broken as broken:
        misses.append(str(broken))
    memory = [await race(MemoryBudgets(), run, 0, TURNS, "us") for run in range(runs)]
    misses += [f"memory: run {run} admitted {count}" for run, count in enumerate(memory) if count != ROOM]
    print(f"{'memory: most admitted of 10':<34} {max(memory)} in {runs} runs of {TURNS} turns")
    with TemporaryDirectory() as folder:
        for kind, url in (("sqlite", sqlite_url(Path(folder))), ("postgres", empty_postgres_url())):
            most = await races_between(url, misses, kind, runs)
            print(f"{f'{kind}: most admitted of 10':<34} {most} in {runs} runs, {PROCESSES} processes")
            print(f"{f'{kind}: orphans of a killed process':<34} {await killed(url, misses, kind)}")
    return misses


async def take_part(part: str, url: str, number: int) -> None:
    """Be one of the processes."""
    database = Database(url)
    budgets, loop = SqlBudgets(database), asyncio.get_running_loop()
    share = TURNS // PROCESSES
    if part == "hold":
        for turn in range(ROOM):
            await budgets.reserve("killed", f"held-{turn}", (claim_of(0),), "gone", NOW + timedelta(minutes=2))
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(await race(budgets, int(line), number * share, share, f"process-{number}"), flush=True)
    await database.aclose()


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    if asked.part:
        asyncio.run(take_part(asked.part, asked.url, asked.number))
        return 0
    began = time.monotonic()
    misses = asyncio.run(drill(asked.runs))
    print(f"{'misses':<34} {len(misses) or 'none'}")
    print(f"{'seconds':<34} {time.monotonic() - began:.0f}")
    for miss in misses[:20]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
