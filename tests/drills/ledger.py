"""Ledger and budgets under fire: processes on one database and one Redis, random kills, stops, failures, restarts.

`python -m tests.drills.ledger`: every call that the simulator counted has exactly one row; rows with a name equal its
bill to the last digit; rows without one are estimated, as many as it lists as cut; requests that never left are void.
No reservation is left, and no hard budget is exceeded by more than what was in flight.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from redis import Redis

from adapters.process.ids import SystemIds
from domain.services import orphan_costs
from domain.services.sweep_ledger import LedgerPlan
from entrypoints.core.open_core import open_core
from entrypoints.simulator.records import RecordLog
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.ledger import Spend
from ports.responses import Route
from tests.doubles.postgres import new_database_url, stopped_postgres
from tests.doubles.redis_server import RedisServer, redis_server
from tests.drills.ledger_budgets import judge_budgets
from tests.drills.ledger_judge import Figures, Worker, calls_of, judge, judge_spend, turns_of
from tests.drills.ledger_tables import read_tables
from tests.drills.ledger_worker import KINDS, NAMESPACE, PLAIN, Ask, Job, noted, run_turn, work

POSTGRES, SQLITE = "postgres", "sqlite"
WORKERS = {POSTGRES: 4, SQLITE: 2}
TURNS = 500
"""Turns of each of the processes that run at the same time; one that is killed is replaced."""
OF_ONE_WORKER = 150
KILLED = 0.85
"""The share of workers that are killed."""
LIFE = (0.5, 6.0)
"""Seconds between the first turn of a worker and its end."""
RESTART_SECONDS = 1.5
REDIS_AT = (0.25, 0.75)
"""The shares of turns after which Redis is restarted."""
BILL_SECONDS = 0.2
SOON, COUNTED_SECONDS = 0.02, 0.3
OF_CAPPED, SPENT_AFTER = Decimal("0.0008"), Decimal("0.3")
"""What a turn of the hard budget costs in USD, and the share of these turns that it has room for."""
LATER = timedelta(minutes=3)
"""By then reservations of processes that were killed have expired."""
CONTEXT = multiprocessing.get_context("forkserver")


class Drill:
    """One run on one kind of database, with a Redis; `turns` in all."""

    def __init__(self, kind: str, redis: RedisServer, folder: Path, turns: int, seed: int) -> None:
        self.kind, self.redis, self.folder, self.turns = kind, redis, folder, turns
        self.rng = Random(seed)
        self.figures = Figures()
        self.workers: list[Worker] = []
        self.spent: tuple[Spend, ...] = ()
        self.away = (0.0, 0.0)
        self._counted = (0.0, 0)
        self.database = new_database_url() if kind == POSTGRES else str(folder / "openrouter_pipe.db")
        share = Decimal(next(weight for name, _, weight in KINDS if name == "capped")) / sum(w for *_, w in KINDS)
        self.hard = (turns * share * OF_CAPPED * SPENT_AFTER).quantize(Decimal("0.0001"))

    async def run(self) -> Figures:
        """Run all turns, then end what is left and judge."""
        async with running_simulator(generation_delay=BILL_SECONDS) as simulator:
            simulator.log = RecordLog(limit=200_000, body_bytes=512 * 1024 * 1024)
            async with asyncio.TaskGroup() as group:
                for _ in range(WORKERS[self.kind]):
                    group.create_task(self._place(simulator))
                group.create_task(self._restart_redis())
                if self.kind == POSTGRES:
                    group.create_task(self._restart())
            await asyncio.sleep(2 * BILL_SECONDS)
            await self._finish(simulator)
            turns, tables = turns_of(self.workers), await asyncio.to_thread(read_tables, self.database)
            judge(simulator, turns, tables, self.figures)
            judge_spend(self.spent, tables, self.figures)
            calls = calls_of(simulator)
            judge_budgets(simulator, turns, calls, tables, self.away, self.hard, self.figures)
        return self.figures

    def _job(self, simulator: Simulator, report: Path) -> Job:
        key, seed = next(iter(simulator.keys)), self.rng.randrange(2**31)
        soft = self.hard / 2
        places = (simulator.url, key, self.database, self.redis.url, self.folder)
        return Job(*places, OF_ONE_WORKER, seed, report, self.hard, soft)

    async def _place(self, simulator: Simulator) -> None:
        """Run one worker after the other until all turns have begun."""
        while self._begun() < self.turns:
            number = len(self.workers)
            worker = Worker(self.folder / f"worker-{number}.txt")
            self.workers.append(worker)
            process = CONTEXT.Process(target=work, args=(self._job(simulator, worker.report),))
            process.start()
            doomed = self.rng.random() < KILLED
            while doomed and process.is_alive() and not worker.report.exists():
                await asyncio.sleep(SOON)
            ends = time.monotonic() + (self.rng.uniform(*LIFE) if doomed else 120.0)
            while process.is_alive() and time.monotonic() < ends:
                await asyncio.sleep(SOON)
            if process.is_alive() and process.pid is not None:
                if not doomed:
                    self.figures.misses.append("a worker did not end")
                self.workers[number] = Worker(worker.report, time.monotonic(), time.time())
                os.kill(process.pid, signal.SIGKILL)
                self.figures.counts["processes killed"] += 1
            process.join()
            self.figures.counts["processes"] += 1

    def _begun(self) -> int:
        """Return how many turns have begun, as of a moment ago."""
        if time.monotonic() - self._counted[0] > COUNTED_SECONDS:
            reports = (worker.report for worker in self.workers if worker.report.exists())
            self._counted = (time.monotonic(), sum(report.read_text().count("turn ") for report in reports))
        return self._counted[1]

    def _journals(self) -> list[Path]:
        return [*self.folder.glob("openrouter_pipe_ledger_*")]

    async def _until(self, share: float) -> None:
        """Wait until a share of all turns has begun."""
        while self._begun() < self.turns * share:
            await asyncio.sleep(SOON)

    async def _restart_redis(self) -> None:
        """Stop Redis twice, and start it again without its data."""

        def restart() -> None:
            with closing(Redis.from_url(self.redis.url)) as client:
                for what, keys in (("shared state", "openrouter_pipe:*"), ("cost snapshots", "costs:*")):
                    found = sum(1 for _ in client.scan_iter(keys, count=1000))
                    self.figures.counts[f"keys of {what} that a restart of Redis took"] += found
            self.redis.stop()
            time.sleep(RESTART_SECONDS)
            self.redis.start()

        for share in REDIS_AT:
            await self._until(share)
            await asyncio.to_thread(restart)
            self.figures.counts["restarts of Redis"] += 1

    async def _restart(self) -> None:
        """Stop the database in the middle, and start it again."""
        await self._until(0.5)

        began = time.monotonic()

        def restart() -> None:
            with stopped_postgres():
                time.sleep(RESTART_SECONDS)
                self.figures.counts["journals in use while the database was down"] = len(self._journals())

        await asyncio.to_thread(restart)
        self.away = (began, time.monotonic())
        self.figures.counts["restarts of the database"] += 1

    async def _finish(self, simulator: Simulator) -> None:
        """Do what the next process does, and what time does: replay the journals, sweep, expire reservations."""
        last = Worker(self.folder / "worker-last.txt")
        self.workers.append(last)
        job = self._job(simulator, last.report)
        self.figures.counts["journals that killed processes left"] = len(self._journals())
        async with open_core(job.settings, job.location) as core:
            ask = Ask(SystemIds().new_id(), "plain", PLAIN, "person-last")
            with noted(last.report) as note:
                note.write("turn", ask.turn_id, ask.kind, ask.user_id)
                await run_turn(core, job.settings, ask, note)
            await core.drained()
            ledger = core.stores.books.ledger
            assert ledger is not None
            await ledger.keeper.drained()
            await ledger.sweeper.sweep(LedgerPlan(NAMESPACE, Route(simulator.url, job.key), longest=0))
            orphan_costs.SILENT_SECONDS = 0.0  # an hour has passed: no journal names what is not in the ledger now
            await core.stores.books.budgets.holds.tend(NAMESPACE, core.clock.now() + LATER)
            stored = (await core.stores.storage.stores()).books.ledger
            assert stored is not None
            ever = (core.clock.now().replace(year=2000), core.clock.now().replace(year=9999))
            self.spent = await stored.spend(NAMESPACE, *ever)
        if self._journals():
            self.figures.misses.append("a journal was not replayed")
        if not all(count for what, count in self.figures.counts.items() if what.startswith("keys of")):
            self.figures.misses.append("nothing was in Redis: the drill proved nothing about it")


def report(kind: str, figures: Figures, seconds: float) -> None:
    """Print the figures of one run."""
    print(f"{kind}: {WORKERS[kind]} processes at a time")
    for what, count in figures.counts.items():
        print(f"  {what:<74}{count}")
    print(f"  {'seconds':<74}{seconds:.1f}")
    print(f"  {'misses':<74}{len(figures.misses)}")
    for miss, count in Counter(figures.misses).most_common(20):
        print(f"    {count:6}  {miss}")


def main() -> int:
    """Run the drill on both databases; return 0 if every row is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each of the processes at a time")
    parser.add_argument("--only", choices=(POSTGRES, SQLITE), help="run on this database only")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    CONTEXT.set_forkserver_preload(["tests.drills.ledger_worker", "aiosqlite", "psycopg"])
    failed = False
    for kind in (options.only,) if options.only else (POSTGRES, SQLITE):
        began = time.monotonic()
        with TemporaryDirectory(prefix="ledger-") as name, redis_server() as redis:
            drill = Drill(kind, redis, Path(name), options.turns * WORKERS[kind], options.seed)
            figures = asyncio.run(drill.run())
        report(kind, figures, time.monotonic() - began)
        failed = failed or bool(figures.misses)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
