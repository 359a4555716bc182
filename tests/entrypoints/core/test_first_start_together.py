"""Workers that start at the same moment on an empty database: each has its stores, and no row is lost."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from adapters.sql.database import Database
from adapters.sql.ledger import SqlLedger
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from tests.adapters.sql.migrating import new_url

ROOT = Path(__file__).resolve().parents[3]
WORKERS = 2
WORKER = """
import asyncio, sys
from pathlib import Path
from sqlalchemy import make_url
from adapters.process.clock import SystemClock
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import postgres_location, sqlite_location
from entrypoints.settings import Settings
from ports.ledger import Entry

async def work(kind, place, folder, name):
    location = sqlite_location(Path(place)) if kind == "sqlite" else postgres_location(make_url(place), folder=folder)
    async with open_core(Settings(), location) as core:
        stores = await core.stores.storage.stores()
        cipher = (await core.stores.storage.sealed_store()).cipher
        await stores.books.ledger.write([Entry("ns", name, 1, 1, SystemClock().now())])
        print(stores.location is not None, stores.read_only, cipher.key_id, flush=True)

print("ready", flush=True)
for line in sys.stdin:
    kind, place, folder, name = line.split()
    asyncio.run(work(kind, place, Path(folder), name))
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[list["subprocess.Popen[str]"]]:
    """Start processes that open a core whenever they receive a database."""
    with ExitStack() as stack:
        started = []
        for _ in range(WORKERS):
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
            stack.enter_context(worker)
            stack.callback(worker.kill)
            started.append(worker)
        assert [line_of(worker) for worker in started] == ["ready"] * WORKERS
        yield started


def line_of(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


async def booked(location: StorageLocation, *names: str) -> list[int]:
    database = Database(location.url)
    try:
        return [len(await SqlLedger(database).of_turn("ns", name)) for name in names]
    finally:
        await database.aclose()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("attempt", range(3))
def test_each_worker_has_its_stores_and_nobody_loses_a_row(kind, attempt, workers, tmp_path):
    place = str(tmp_path / "store.db") if kind == "sqlite" else new_url("postgres", tmp_path)
    for number, worker in enumerate(workers):
        assert worker.stdin is not None
        worker.stdin.write(f"{kind} {place} {tmp_path} turn-{number}\n")
        worker.stdin.flush()
    said = [line_of(worker).split() for worker in workers]
    location = sqlite_location(Path(place)) if kind == "sqlite" else postgres_location(make_url(place))
    assert [words[:2] for words in said] == [["True", "False"]] * WORKERS
    assert said[0] == said[1]  # they seal with one key
    assert asyncio.run(booked(location, "turn-0", "turn-1")) == [1, 1]
