"""A process that writes turns and runs and reports each stored one, until it is killed; run as a module."""

import asyncio
import subprocess
import sys
from pathlib import Path

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.tool_runs import SqlToolRuns
from tests.contracts.artifact_cases import turn_of
from tests.contracts.tool_run_cases import run

ROOT = Path(__file__).resolve().parents[3]
ROWS = 60


def killed_after(url: str, count: int, first: int) -> list[int]:
    """Kill a writer once it has reported `count` turns; return all reported turns."""
    command = [sys.executable, "-m", "tests.adapters.sql.killed_writer", url, str(first)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(count)]
    writer.kill()
    return told + [int(line) for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith("\n")]


async def _write(url: str, first: int) -> None:
    database = Database(url)
    store, runs = SqlArtifacts(database), SqlToolRuns(database)
    for turn in range(first, first + 10_000):
        await runs.start([run(turn, 1)])
        await store.put(turn_of(turn, ROWS))
        print(turn, flush=True)


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1], int(sys.argv[2])))
