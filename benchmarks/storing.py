"""Whether storing delays the answer: a turn streams while the previous turn is being stored.

`python -m benchmarks.storing URL FOLDER` measures in a process of its own with its store in FOLDER, and prints the
samples. Both sides are the shipped function, one with persistence on, one with it off; upstream is another process.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.sql.tables import artifact
from benchmarks.report import Broken, Line
from benchmarks.rounds import BARE, OURS, alternating, compared
from entrypoints.core.storage_location import DATABASE_FILE, OWN_URL
from entrypoints.devhost.upstream import ROOT, SIMULATOR_KEY
from entrypoints.openwebui.pipe import Pipe

BEFORE, MEASURED = "sim/deltas-2000-thinking-4000", "sim/deltas-100-rate-400-thinking-5"
ROUNDS, WARM_UP = 25, 3
FIRST_MS, GAP_MS, TOTAL_MS = 3.0, 3.0, 3.0
SECONDS = 120.0
AFTERMATH = 0.1


@dataclass(frozen=True, slots=True)
class Shown:
    """One measured turn: times in ms; `gap` is the longest time between two pieces of its answer."""

    first: float
    gap: float
    total: float


def measure_storing(address: str) -> list[Line]:
    """Compare with the same function without persistence."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.storing", address, folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise Broken(f"storing: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
        measured = json.loads(done.stdout)
        _check(Path(folder), measured["turns"])
    samples = {side: [Shown(*figures) for figures in measured[side]] for side in (OURS, BARE)}
    what = "turn before being stored, nothing stored"
    return [
        compared(f"{what}: first token", samples, lambda shown: shown.first, FIRST_MS),
        compared(f"{what}: longest gap", samples, lambda shown: shown.gap, GAP_MS),
        compared(f"{what}: total", samples, lambda shown: shown.total, TOTAL_MS),
    ]


def _check(folder: Path, turns: int) -> None:
    """Raise Broken unless every turn of the persistent side was stored."""
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
        (found,) = connection.execute(f"SELECT count(DISTINCT turn_id) FROM {artifact.name}").fetchone()
    if found != turns:
        raise Broken(f"{found} of {turns} turns were stored")


async def both(address: str) -> dict[str, Any]:
    """Measure both sides in this process."""
    pipes = {side: _pipe(address, keeps=side == OURS) for side in (OURS, BARE)}

    async def one(side: str) -> Shown:
        await _read(pipes[side], side, BEFORE)
        shown = await _read(pipes[side], side, MEASURED)
        await asyncio.sleep(AFTERMATH)
        return shown

    await alternating(WARM_UP, one)
    samples = await alternating(ROUNDS, one)
    await asyncio.sleep(AFTERMATH)
    return {"turns": 2 * (ROUNDS + WARM_UP), **{side: list(map(astuple, found)) for side, found in samples.items()}}


def _pipe(address: str, *, keeps: bool) -> Any:
    pipe: Any = Pipe()
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, SIMULATOR_KEY
    if not keeps:
        pipe.valves.PERSIST_REASONING_TOKENS, pipe.valves.PERSIST_TOOL_RESULTS = "disabled", False
    return pipe


async def _read(pipe: Any, side: str, slug: str) -> Shown:
    body = {"model": f"{side}.{slug}", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    began = last = time.perf_counter()
    first = gap = 0.0
    async for _ in await pipe.pipe(body, __user__={"id": "ann"}):
        now = time.perf_counter()
        if first:
            gap = max(gap, now - last)
        first, last = first or now - began, now
    return Shown(first * 1000, gap * 1000, (time.perf_counter() - began) * 1000)


def _main() -> None:
    address, folder = sys.argv[1:]
    os.environ[OWN_URL] = f"sqlite:///{folder}/{DATABASE_FILE}"
    print(json.dumps(asyncio.run(both(address))))


if __name__ == "__main__":
    _main()
