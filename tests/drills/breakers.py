"""Eight processes call one failing dependency through one shared breaker in a database or in Redis.

The process that holds the probe records when; two probes at the same time are a miss. Some processes die while they
hold the probe: the next probe may start only after that lease has expired. Openings and closings must alternate.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.redis.breaker_state import RedisBreakerState
from adapters.redis.connection import RedisConnection
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.database import Database
from domain.breakers.breaker import Verdict
from domain.breakers.keys import tool_key
from domain.breakers.policy import Policy
from domain.services.guard_call import GuardCall
from tests.doubles.databases import sqlite_url
from tests.doubles.redis_connections import connection_to
from tests.doubles.telemetry import RecordedTelemetry

ROOT = Path(__file__).resolve().parents[2]
LEASE = 0.8
POLICY = Policy(max_failures=3, window=30, cool_down=0.004, longest_cool_down=0.02, lease=LEASE)
KEY = tool_key("ann", "drill", "broken")
DEADLINE = 60.0

Span = tuple[float, float]


@dataclass
class Figures:
    """The results of all processes. `overlaps` and `unguarded` must be 0, `is_exact` True."""

    processes: int = 0
    asked: int = 0
    refused: int = 0
    unguarded: int = 0
    died: int = 0
    overlaps: int = 0
    probes: list[Span] = field(default_factory=list)
    changes: Counter[str] = field(default_factory=Counter)

    @property
    def is_exact(self) -> bool:
        """Return whether every reported probe ended in a change, and every opening followed a closing."""
        reported = len(self.probes) - self.died
        opened, closed = self.changes["opened"], self.changes["closed"]
        return self.changes["reopened"] + closed == reported and opened - closed in (0, 1)

    @property
    def misses(self) -> list[str]:
        """Return what went wrong."""
        wrong = {
            "probes at the same time": self.overlaps > 0,
            "calls allowed unguarded": self.unguarded > 0,
            "changes that do not add up": not self.is_exact,
            "too little happened": len(self.probes) < self.processes or not self.changes["closed"],
            "nobody died": self.processes > 1 and not self.died,
        }
        return [name for name, is_wrong in wrong.items() if is_wrong]


def run(processes: int = 8, seconds: float = 4.0, url: str = "") -> Figures:
    """Run processes on an empty database (by default SQLite in a temporary file) and add up their results."""
    with TemporaryDirectory(prefix="drill-") as folder:
        return _summed(_raced(url or sqlite_url(Path(folder)), processes, seconds))


def overlapping(spans: Sequence[Span]) -> int:
    """Count probes that began before the one before them ended."""
    return sum(later[0] < earlier[1] for earlier, later in pairwise(sorted(spans)))


def _raced(url: str, processes: int, seconds: float) -> list[str]:
    command = [sys.executable, "-m", "tests.drills.breakers", "--worker", url]
    workers = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for number in range(processes)
    ]
    try:
        for worker in workers:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise RuntimeError("a process did not start")
        end = time.time() + seconds
        for worker in workers:
            if worker.stdin is not None:
                worker.stdin.write(f"{end}\n")
                worker.stdin.flush()
        return [worker.communicate(timeout=DEADLINE + seconds)[0] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _summed(outputs: list[str]) -> Figures:
    figures = Figures(processes=len(outputs))
    for output in outputs:
        seen = json.loads(output)
        figures.probes += [(begun, ended) for begun, ended in seen["probes"]]
        figures.changes.update(seen["changes"])
        figures.asked += seen["asked"]
        figures.refused += seen["refused"]
        figures.unguarded += seen["unguarded"]
        figures.died += seen["died"]
    figures.overlaps = overlapping(figures.probes)
    return figures


class _Worker:
    """One process: call, mostly fail, record every probe; every fourth process dies with its second probe."""

    def __init__(self, url: str, number: int) -> None:
        self._store = connection_to(url) if url.startswith("redis://") else Database(url)
        self._telemetry = RecordedTelemetry()
        self._guard = GuardCall(
            state=RedisBreakerState(self._store)
            if isinstance(self._store, RedisConnection)
            else SqlBreakerState(self._store),
            clock=SystemClock(),
            ids=SystemIds(),
            telemetry=self._telemetry,
        )
        self._chance, self._dies = Random(number), number % 4 == 1
        self._probes: list[Span] = []
        self._changes: Counter[str] = Counter()
        self._asked = self._refused = self._unguarded = 0

    async def work(self) -> None:
        if isinstance(self._store, RedisConnection):
            await self._store.opened()
        else:
            async with self._store.reading():
                pass
        print("ready", flush=True)
        end = float(await asyncio.to_thread(sys.stdin.readline))
        while time.time() < end:
            await self._call()
            await asyncio.sleep(self._chance.random() * 0.004)
        await self._store.aclose()
        self._tell(died=False)

    async def _call(self) -> None:
        admission = await self._guard.admit(KEY, POLICY)
        begun = time.time()
        self._asked += 1
        self._unguarded += not admission.guarded
        if not admission.allowed:
            self._refused += 1
            return
        if admission.probing and self._dies and len(self._probes) == 1:
            self._probes.append((begun, begun + LEASE - 0.3))  # the lease began slightly before this process knew it
            self._tell(died=True)
            os._exit(0)
        await asyncio.sleep(self._chance.random() * 0.003)
        is_good = admission.probing and self._chance.random() < 0.3
        if admission.probing:
            self._probes.append((begun, max(begun, min(time.time(), begun + LEASE - 0.3))))
        reported = await self._guard.report(admission, Verdict.SUCCESS if is_good else Verdict.FAILURE)
        if reported.change is not None:
            self._changes[reported.change.value] += 1

    def _tell(self, *, died: bool) -> None:
        seen = {
            "probes": self._probes,
            "changes": self._changes,
            "asked": self._asked,
            "refused": self._refused,
            "unguarded": self._unguarded + sum(line.level != "info" for line in self._telemetry.lines),
            "died": int(died),
        }
        print(json.dumps(seen), flush=True)


def main() -> int:
    """Run the drill; 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--worker", nargs=2, metavar=("URL", "NUMBER"))
    options = parser.parse_args()
    if options.worker:
        url, number = options.worker
        asyncio.run(_Worker(url, int(number)).work())
        return 0
    figures = run(options.processes, options.seconds)
    print(f"processes on one store     {figures.processes}, {figures.died} died with the probe in hand")
    print(f"asked, refused             {figures.asked}, {figures.refused}")
    print(f"probes, two at a time      {len(figures.probes)}, {figures.overlaps}")
    print(f"let through unguarded      {figures.unguarded}")
    print(f"changes                    {dict(sorted(figures.changes.items()))}")
    print(f"misses                     {', '.join(figures.misses) or 'none'}")
    return 1 if figures.misses else 0


if __name__ == "__main__":
    sys.exit(main())
