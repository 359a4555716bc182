"""Empty stores of every kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.memory.artifacts import MemoryArtifacts
from adapters.redis.artifact_flusher import ArtifactFlusher
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from ports.artifacts import ArtifactStore
from tests.doubles.clock import FakeClock
from tests.doubles.databases import database_in
from tests.doubles.redis_artifacts import Workers, two_workers

KINDS = ("memory", "sqlite", "postgres")
WAITING = "waiting"
ARTIFACT_KINDS = (*KINDS, "sqlite queued", "postgres queued", "sqlite waiting", "postgres waiting")
"""Queued: with Redis before the database, and two workers in turn; waiting: neither writes what waits by itself."""


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Database | None]:
    database = None if kind == "memory" else database_in(kind, folder)
    try:
        yield database
    finally:
        if database is not None:
            await database.aclose()


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database | None]:
    """Provide a database, or None for a store in memory."""
    async with opened(request.param, tmp_path) as database:
        yield database


@pytest.fixture(params=ARTIFACT_KINDS)
async def artifact_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ArtifactStore | Workers]:
    """Provide an empty store of artifacts."""
    kind, *how = request.param.split(" ")
    async with opened(kind, tmp_path) as database:
        if database is None:
            yield MemoryArtifacts(FakeClock())
        elif not how:
            yield SqlArtifacts(database)
        else:
            if how == [WAITING]:
                monkeypatch.setattr(ArtifactFlusher, "wake", lambda flusher: None)
            async with two_workers(database) as workers:
                yield workers
