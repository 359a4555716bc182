"""Whether budgets delay the answer: the same function with two budgets and with none, on SQLite and on PostgreSQL.

`python -m benchmarks.budgets URL DATABASE` measures one database in a process of its own and prints the samples.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.report import Broken, Line
from benchmarks.rounds import BARE, OURS, alternating, compared
from entrypoints.core.storage_location import DATABASE_FILE, OWN_URL
from entrypoints.devhost.upstream import ROOT, SIMULATOR_KEY, running_simulator
from entrypoints.openwebui.pipe import Pipe
from tests.doubles.postgres import postgres_url

BUDGETS = "- {who: each, period: month, hard: 1000000}\n- {who: all, period: day, unit: tokens, hard: 900000000000}"
ROUNDS, WARM_UP = 150, 10
FIRST_MS = 2.0
SECONDS = 240.0


def measure_budgets() -> Iterator[Line]:
    """Compare the time to the first token with budgets and without; upstream is another process."""
    with TemporaryDirectory() as folder, running_simulator() as address:
        databases = {"SQLite": f"sqlite:///{Path(folder) / DATABASE_FILE}", "PostgreSQL": postgres_url()}
        for name, url in databases.items():
            command = [sys.executable, "-m", "benchmarks.budgets", address, url]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
            if done.returncode:
                raise Broken(f"budgets: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
            samples = json.loads(done.stdout)
            yield compared(f"two budgets on {name}, no budgets: first token", samples, float, FIRST_MS)


async def both(address: str) -> dict[str, Any]:
    """Measure both sides in this process."""
    pipes = {side: _pipe(address, limited=side == OURS) for side in (OURS, BARE)}

    async def one(side: str) -> float:
        return await _first(pipes[side], side)

    await alternating(WARM_UP, one)
    return dict(await alternating(ROUNDS, one))


def _pipe(address: str, *, limited: bool) -> Any:
    pipe: Any = Pipe()
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, SIMULATOR_KEY
    pipe.valves.BUDGETS = BUDGETS if limited else ""
    return pipe


async def _first(pipe: Any, side: str) -> float:
    """Return the milliseconds to the first piece of an answer."""
    body = {"model": f"{side}.sim/echo", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    began, first = time.perf_counter(), 0.0
    async for _ in await pipe.pipe(body, __user__={"id": "ann"}):
        first = first or (time.perf_counter() - began) * 1000
    await asyncio.sleep(0.02)  # what settles does not count for the next turn
    return first


def _main() -> None:
    address, url = sys.argv[1:]
    os.environ[OWN_URL] = url
    print(json.dumps(asyncio.run(both(address))))


if __name__ == "__main__":
    _main()
