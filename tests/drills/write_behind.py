"""Artifacts through Redis under fire: workers killed while they flush, redis-server restarted with its data.

`python -m tests.drills.write_behind`: every turn that a worker reported is readable through another worker at once and
in the database at the end, whole, unchanged and once; nothing of a person comes back that was deleted.
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

from redis import Redis
from sqlalchemy import text

from adapters.process.clock import SystemClock
from adapters.redis.artifact_keys import ArtifactKeys
from adapters.redis.artifact_queue import GROUP
from adapters.redis.artifacts import RedisArtifacts
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.tables import artifact
from ports.artifacts import Artifact, ArtifactsError
from tests.contracts.artifact_cases import ulid
from tests.doubles.databases import empty_postgres_url, sqlite_url
from tests.doubles.redis_artifacts import worker
from tests.doubles.redis_server import RedisServer, redis_server
from tests.drills.write_behind_worker import GONE, NAMESPACE, OPTIONS, PATIENCE, ROWS, Job, owner_of, rows_of, work

POSTGRES, SQLITE = "postgres", "sqlite"
WORKERS = {POSTGRES: 4, SQLITE: 2}
ARTIFACTS = {POSTGRES: 10_000, SQLITE: 2_000}
OF_ONE_WORKER = 60
KILLED = 0.6
RESTART_SECONDS = 1.0
SOON, LIMIT = 0.01, 200
ANOTHER = "another worker"
CONTEXT = multiprocessing.get_context("forkserver")
KEYS = ArtifactKeys(NAMESPACE)


class Drill:
    """One run on one kind of database."""

    def __init__(self, kind: str, folder: Path, turns: int, seed: int, server: RedisServer) -> None:
        self.kind, self.folder, self.turns, self.server = kind, folder, turns, server
        self.rng, self.counts, self.misses = Random(seed), Counter[str](), list[str]()
        self.reports: list[Path] = []
        self.url = empty_postgres_url() if kind == POSTGRES else sqlite_url(folder)
        self.next = 1
        self.forgotten: set[int] = set()
        self.down = False  # redis-server; what waits there cannot be read meanwhile

    async def run(self) -> None:
        """Run all workers, then judge."""
        database = Database(self.url)
        async with worker(
            database, self.server.url, "judge", clock=SystemClock(), options=OPTIONS, patience=PATIENCE
        ) as judge:
            async with asyncio.TaskGroup() as group:
                places = [group.create_task(self._place()) for _ in range(WORKERS[self.kind])]
                beside = [group.create_task(work) for work in (self._watch(judge), self._forget_often(judge))]
                group.create_task(self._restart())
                await asyncio.wait(places)
                for task in beside:
                    task.cancel()
            while not await judge._connection.opened():
                await asyncio.sleep(SOON)
            self.counts["rows that waited at the end"] = await asyncio.to_thread(self._waiting) * ROWS
            await self._forget(judge)
            await judge.chats(NAMESPACE, "", 1)  # writes what waits
            await self._judge(SqlArtifacts(database), "in the database")
            await self._judge(judge, "through Redis")
            async with database.reading() as connection:
                count = (await connection.execute(text(f"SELECT count(*) FROM {artifact.name}"))).scalar_one()
            for what in (f"turns read, {ANOTHER}", "deletions of a person", "processes killed"):
                self._check(bool(self.counts[what]), f"{what}: none")
            self._check(count % ROWS == 0, f"{count} rows are in the database")
        if await asyncio.to_thread(self._waiting):
            self.misses.append("something waits after the end")
        await database.aclose()

    # --- details ------------------------------------------------------------------------------------------

    async def _place(self) -> None:
        """Run one worker after the other until all turns are put."""
        while self.next <= self.turns:
            first, self.next = self.next, self.next + OF_ONE_WORKER
            report = self.folder / f"worker-{first}.txt"
            self.reports.append(report)
            left = tuple(range(first, min(self.next, self.turns + 1)))
            doomed = self.rng.random() < KILLED
            while left:
                await self._life(Job(self.url, self.server.url, left, report), doomed=doomed)
                put = set(self._lines("put", [report]))
                left, doomed = tuple(turn for turn in left if turn not in put), False

    async def _life(self, job: Job, *, doomed: bool) -> None:
        """Run one worker to its end, or until it is killed."""
        process = CONTEXT.Process(target=work, args=(job,))
        last = len(self._lines("put", [job.report])) + (
            self.rng.randrange(1, len(job.turns)) if doomed else len(job.turns) + 1
        )
        process.start()
        self.counts["processes"] += 1
        ends = time.monotonic() + 60.0
        while process.is_alive() and time.monotonic() < ends and len(self._lines("put", [job.report])) < last:
            await asyncio.sleep(SOON)
        if process.is_alive() and process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
            self.counts["processes killed"] += 1
            if time.monotonic() >= ends:
                self.misses.append("a worker did not end")
            if await asyncio.to_thread(self._waiting, group=True):
                self.counts["processes killed while entries were in hand"] += 1
        await asyncio.to_thread(process.join)

    def _lines(self, word: str, reports: list[Path] | None = None) -> list[int]:
        lines = [
            line.split(" ")
            for report in (reports or self.reports)
            if report.exists()
            for line in report.read_text().splitlines()
        ]
        return [int(line[1]) for line in lines if line[0] == word]

    def _waiting(self, *, group: bool = False) -> int:
        """Return how many entries wait; `group`: in the hands of workers."""
        try:
            with Redis.from_url(self.server.url, socket_timeout=1.0) as client:
                found = client.xpending(KEYS.stream, GROUP)["pending"] if group else client.xlen(KEYS.stream)
                return int(found)
        except Exception:  # noqa: BLE001 - being restarted
            return 0

    async def _watch(self, judge: RedisArtifacts) -> None:
        """Read what was put just now, as long as the workers run."""
        seen = 0
        while True:
            await asyncio.sleep(SOON)
            put = [turn for turn in self._lines("put") if owner_of(turn) != GONE]
            if len(put) > seen and not self.down and await judge._connection.opened():
                newest, seen = put[seen:], len(put)
                await self._read(judge, self.rng.sample(newest, min(len(newest), 5)), ANOTHER)

    async def _forget_often(self, judge: RedisArtifacts) -> None:
        """Delete a person's data, as long as the workers run."""
        while True:
            await asyncio.sleep(50 * SOON)
            await self._forget(judge)

    async def _forget(self, judge: RedisArtifacts) -> None:
        before = {turn for turn in self._lines("put") if owner_of(turn) == GONE}
        try:
            while (
                await judge.delete_person(NAMESPACE, GONE, LIMIT) == LIMIT
            ):  # more of it is being written all the time
                pass
        except ArtifactsError as error:
            self.counts[f"deletions refused: {error.reason}"] += 1
            return
        self.counts["deletions of a person"] += 1
        self.forgotten |= before

    async def _restart(self) -> None:
        """Restart redis-server in the middle; it keeps its data."""
        while len(self._lines("put")) < self.turns // 2:
            await asyncio.sleep(SOON)

        def restart() -> None:
            self.counts["entries waiting when redis-server stopped"] = self._waiting()
            self.server.stop()
            time.sleep(RESTART_SECONDS)
            self.server.start()

        self.down = True
        await asyncio.to_thread(restart)
        self.down = False
        self.counts["restarts of redis-server"] += 1

    async def _judge(self, artifacts: RedisArtifacts | SqlArtifacts, where: str) -> None:
        put = self._lines("put")
        for start in range(0, len(put), 50):
            await self._read(artifacts, put[start : start + 50], where)
        self.counts["turns put"] = len(set(put))
        self.counts["artifacts put"] = len(set(put)) * ROWS

    async def _read(self, artifacts: RedisArtifacts | SqlArtifacts, turns: list[int], where: str) -> None:
        for owner in {owner_of(turn) for turn in turns}:
            theirs = [turn for turn in turns if owner_of(turn) == owner]
            ids = [ulid(turn) for turn in theirs]
            try:
                rows = await artifacts.find(NAMESPACE, owner, turn_ids=ids, fingerprints=(), limit=4_000)
            except ArtifactsError as error:
                self.misses.append(f"{where}: {error.reason}")
                continue
            if where == ANOTHER and (
                self.down or (isinstance(artifacts, RedisArtifacts) and artifacts._connection.state)
            ):
                continue  # what waits in a Redis that is away is known to its writer alone
            found: dict[str, list[Artifact]] = {}
            for row in rows:
                found.setdefault(row.turn_id, []).append(row)
            for turn in theirs:
                self._compare(turn, found.get(ulid(turn), []), where)

    def _compare(self, turn: int, rows: list[Artifact], where: str) -> None:
        self.counts[f"turns read, {where}"] += 1
        if turn in self.forgotten:
            self._check(not rows, f"{where}: a deleted turn came back")
        elif owner_of(turn) != GONE or rows:
            wanted = [(row.id, row.sealed) for row in rows_of(turn)]
            said = "is missing" if not rows else f"has {len(rows)} rows, or others"
            self._check([(row.id, row.sealed) for row in rows] == wanted, f"{where}: a turn {said}")

    def _check(self, so: bool, miss: str) -> None:
        if not so:
            self.misses.append(miss)


def main() -> int:
    """Run the drill on both databases; return 0 if nothing was lost, doubled or restored."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", type=int, default=ARTIFACTS[POSTGRES], help="artifacts on PostgreSQL")
    parser.add_argument("--sqlite", type=int, default=ARTIFACTS[SQLITE], help="artifacts on SQLite")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    CONTEXT.set_forkserver_preload(["tests.drills.write_behind_worker", "aiosqlite", "psycopg", "redis"])
    failed = False
    for kind, artifacts in ((POSTGRES, options.postgres), (SQLITE, options.sqlite)):
        if not artifacts:
            continue
        began = time.monotonic()
        with TemporaryDirectory(prefix="write-behind-") as name, redis_server("--appendonly", "yes") as server:
            drill = Drill(kind, Path(name), artifacts // ROWS, options.seed, server)
            asyncio.run(drill.run())
        print(f"{kind}: {WORKERS[kind]} processes at a time")
        for what, count in drill.counts.items():
            print(f"  {what:<64}{count}")
        print(f"  {'seconds':<64}{time.monotonic() - began:.1f}")
        print(f"  {'misses':<64}{len(drill.misses)}")
        for miss, number in Counter(drill.misses).most_common(12):
            print(f"    {number:6}  {miss}")
        failed = failed or bool(drill.misses)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
