"""The ledger under fire: several processes, one database, random kills, stops and failures, the database restarted.

`python -m tests.drills.ledger`: every call that the simulator counted has exactly one row, rows with a name equal its
bill to the last digit, rows without one are estimated, requests that never left are void.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from adapters.process.ids import SystemIds
from domain.services.sweep_ledger import LedgerPlan
from entrypoints.core.open_core import open_core
from entrypoints.simulator.records import RecordLog
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.responses import Route
from tests.doubles.postgres import new_database_url, stopped_postgres
from tests.drills.ledger_judge import Figures, Turn, calls_of, judge, turns_of
from tests.drills.ledger_worker import NAMESPACE, PLAIN, Job, run_turn, work

POSTGRES, SQLITE = "postgres", "sqlite"
WORKERS = {POSTGRES: 4, SQLITE: 2}
TURNS = {POSTGRES: 500, SQLITE: 200}
OF_ONE_WORKER = 60
KILLED = 0.6
"""The share of workers that are killed."""
LIFE = (0.3, 3.0)
"""Seconds between the first turn of a worker and its end."""
RESTART_SECONDS = 1.5
BILL_SECONDS = 0.2
SOON = 0.02
CONTEXT = multiprocessing.get_context("forkserver")


class Drill:
    """One run on one kind of database."""

    def __init__(self, kind: str, folder: Path, turns: int, seed: int) -> None:
        self.kind, self.folder, self.turns = kind, folder, turns
        self.rng = Random(seed)
        self.figures = Figures()
        self.reports: list[Path] = []
        self.database = new_database_url() if kind == POSTGRES else str(folder / "openrouter_pipe.db")

    async def run(self) -> Figures:
        """Run all turns, then end what is left and judge."""
        async with running_simulator(generation_delay=BILL_SECONDS) as simulator:
            simulator.log = RecordLog(limit=100_000, body_bytes=256 * 1024 * 1024)
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS[self.kind]):
                    group.create_task(self._place(simulator))
                if self.kind == POSTGRES:
                    group.create_task(self._restart())
            await asyncio.sleep(2 * BILL_SECONDS)
            await self._finish(simulator)
        return self.figures

    def _job(self, simulator: Simulator, number: int) -> Job:
        report = self.folder / f"worker-{number}.txt"
        self.reports.append(report)
        key = next(iter(simulator.keys))
        return Job(simulator.url, key, self.database, self.folder, OF_ONE_WORKER, self.rng.randrange(2**31), report)

    async def _place(self, simulator: Simulator) -> None:
        """Run one worker after the other until all turns have begun."""
        while self._begun() < self.turns:
            job = self._job(simulator, len(self.reports))
            process = CONTEXT.Process(target=work, args=(job,))
            process.start()
            doomed = self.rng.random() < KILLED
            while doomed and process.is_alive() and not job.report.exists():
                await asyncio.sleep(SOON)
            ends = time.monotonic() + (self.rng.uniform(*LIFE) if doomed else 120.0)
            while process.is_alive() and time.monotonic() < ends:
                await asyncio.sleep(SOON)
            if process.is_alive() and process.pid is not None:
                if not doomed:
                    self.figures.misses.append("a worker did not end")
                os.kill(process.pid, signal.SIGKILL)
                self.figures.counts["processes killed"] += 1
            process.join()
            self.figures.counts["processes"] += 1

    def _begun(self) -> int:
        return sum(report.read_text().count("turn") for report in self.reports if report.exists())

    def _journals(self) -> list[Path]:
        return [*self.folder.glob("openrouter_pipe_ledger_*")]

    async def _restart(self) -> None:
        """Stop the database in the middle, and start it again."""
        while self._begun() < self.turns // 2:
            await asyncio.sleep(SOON)

        def restart() -> None:
            with stopped_postgres():
                time.sleep(RESTART_SECONDS)
                self.figures.counts["journals in use while the database was down"] = len(self._journals())

        await asyncio.to_thread(restart)
        self.figures.counts["restarts of the database"] += 1

    async def _finish(self, simulator: Simulator) -> None:
        """Do what the next process does: replay the journals, sweep; then judge every turn."""
        job = self._job(simulator, len(self.reports))
        self.figures.counts["journals that killed processes left"] = len(self._journals())
        async with open_core(job.settings, job.location) as core:
            last = SystemIds().new_id()
            await run_turn(core, job.settings, "plain", PLAIN, last)
            await core.drained()
            ledger, stored = core.stores.ledger, (await core.stores.storage.stores()).ledger
            assert ledger is not None
            assert stored is not None
            await ledger.sweeper.sweep(LedgerPlan(NAMESPACE, Route(simulator.url, job.key), longest=0))
            calls, rows = calls_of(simulator), 0
            for turn in [*turns_of(self.reports), Turn(last, "plain", killed=False)]:
                found = await stored.of_turn(NAMESPACE, turn.turn_id)
                rows += len(found)
                judge(simulator, turn, calls.get(turn.turn_id, []), found, self.figures)
            spent = await stored.spend(
                NAMESPACE, core.clock.now().replace(year=2000), core.clock.now().replace(year=9999)
            )
            self.figures.counts["rows in sums by person"] = sum(one.entries for one in spent)
        if calls.get(""):
            self.figures.misses.append("a call belongs to no turn")
        if self._journals():
            self.figures.misses.append("a journal was not replayed")
        if sum(one.entries for one in spent) != rows - self.figures.counts["rows void"]:
            self.figures.misses.append("the sums leave out rows")


def main() -> int:
    """Run the drill on both databases; return 0 if every row is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", type=int, default=TURNS[POSTGRES], help="turns on PostgreSQL")
    parser.add_argument("--sqlite", type=int, default=TURNS[SQLITE], help="turns on SQLite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    CONTEXT.set_forkserver_preload(["tests.drills.ledger_worker", "aiosqlite", "psycopg"])
    failed = False
    for kind, turns in ((POSTGRES, options.postgres), (SQLITE, options.sqlite)):
        if not turns:
            continue
        began = time.monotonic()
        with TemporaryDirectory(prefix="ledger-") as name:
            figures = asyncio.run(Drill(kind, Path(name), turns, options.seed).run())
        print(f"{kind}: {WORKERS[kind]} processes at a time")
        for what, count in figures.counts.items():
            print(f"  {what:<64}{count}")
        print(f"  {'seconds':<64}{time.monotonic() - began:.1f}")
        print(f"  {'misses':<64}{len(figures.misses)}")
        for miss, count in Counter(figures.misses).most_common(12):
            print(f"    {count:6}  {miss}")
        failed = failed or bool(figures.misses)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
