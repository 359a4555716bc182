"""A process killed while it writes leaves everything it reported, and only whole turns."""

import asyncio

import pytest
from sqlalchemy import text

from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.tool_runs import SqlToolRuns
from tests.adapters.sql.killed_writer import ROWS, killed_after
from tests.contracts.artifact_cases import HERE, ulid
from tests.contracts.tool_run_cases import run
from tests.doubles.databases import empty_postgres_url, sqlite_url


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_killed_writer_leaves_only_whole_turns_and_all_reported_ones(kind, tmp_path):
    url = sqlite_url(tmp_path) if kind == "sqlite" else empty_postgres_url()
    database = Database(url)
    store, runs = SqlArtifacts(database), SqlToolRuns(database)
    for first, count in ((1, 1), (1_000, 7), (2_000, 20)):
        told = await asyncio.to_thread(killed_after, url, count, first)
        assert len(told) >= count
        for turn in range(first, told[-1] + 2):
            found = await store.find(HERE, "ann", turn_ids=[ulid(turn)], fingerprints=[], limit=9_999)
            assert len(found) in ({ROWS} if turn in told else {0, ROWS})
        assert await runs.start([run(turn, 1) for turn in told]) == frozenset()
    if kind == "sqlite":
        async with database.reading() as connection:
            assert (await connection.execute(text("PRAGMA integrity_check"))).scalar_one() == "ok"
    await database.aclose()
