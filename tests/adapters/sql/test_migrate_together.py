"""Many workers that start together: real processes, one database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.sql.migrate import VERSION_TABLE
from tests.adapters.sql.migrating import VERSIONS, first_release, migrated, new_url, run

WORKERS = 5
WORKER = """
import asyncio, sys
from adapters.sql.database import Database
from sqlalchemy import text
from tests.adapters.sql.migrating import migrated

async def read(url):
    database = Database(url)
    async with database.reading() as connection:
        await connection.execute(text("SELECT fingerprint FROM openrouter_pipe_artifact"))
    await database.aclose()

print("ready", flush=True)
for line in sys.stdin:
    url = line.strip()
    found = migrated(url)
    asyncio.run(read(url))
    print(found.revision, found.steps, found.read_only, flush=True)
"""


@pytest.fixture(scope="module")
def workers() -> Iterator[list["subprocess.Popen[str]"]]:
    """Start processes that migrate and read a database whenever they receive its URL."""
    with ExitStack() as stack:
        started = []
        for _ in range(WORKERS):
            worker = subprocess.Popen(
                [sys.executable, "-c", WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=VERSIONS.parents[1],
            )
            stack.enter_context(worker)
            stack.callback(worker.kill)
            started.append(worker)
        assert [line_of(worker) for worker in started] == ["ready"] * WORKERS
        yield started


def line_of(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("started", ["empty", "first release"])
def test_steps_run_once_in_the_first_worker(
    kind: str, started: str, workers: list["subprocess.Popen[str]"], tmp_path: Path
) -> None:
    url = new_url(kind, tmp_path)
    if started == "first release":
        migrated(url, first_release(tmp_path))
    steps = len(list(VERSIONS.glob("*.py"))) - (started == "first release")
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(f"{url}\n")
        worker.stdin.flush()
    said = [line_of(worker) for worker in workers]

    newest = max(file.name for file in VERSIONS.glob("*.py"))[:4]
    assert sorted(said) == [f"{newest} 0"] * (WORKERS - 1) + [f"{newest} {steps}"]
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == [(newest,)]
