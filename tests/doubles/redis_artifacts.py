"""Artifacts with a real redis-server before a database, on several workers."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Any

from adapters.redis.address import address_of
from adapters.redis.artifact_flusher import WriteBehind
from adapters.redis.artifacts import RedisArtifacts
from adapters.redis.connection import Patience, RedisConnection
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from ports.artifacts import QueuedArtifactStore
from ports.clock import Clock
from ports.telemetry import Telemetry
from tests.doubles.clock import FakeClock
from tests.doubles.redis_server import empty_redis_url
from tests.doubles.telemetry import RecordedTelemetry


class Workers:
    """Several workers in turn: each call goes to the next one."""

    def __init__(self, *workers: RedisArtifacts) -> None:
        self._next = cycle(workers)

    def __getattr__(self, name: str) -> Any:
        return getattr(next(self._next), name)


@asynccontextmanager
async def worker(
    store: Database | QueuedArtifactStore,
    url: str,
    name: str = "one",
    *,
    clock: Clock | None = None,
    telemetry: Telemetry | None = None,
    options: WriteBehind | None = None,
    patience: Patience | None = None,
) -> AsyncIterator[RedisArtifacts]:
    """Open one worker."""
    clock, telemetry = clock or FakeClock(), telemetry or RecordedTelemetry()
    connection = RedisConnection(address_of(url), clock, telemetry, patience)
    behind = SqlArtifacts(store) if isinstance(store, Database) else store
    artifacts = RedisArtifacts(connection, behind, worker=name, clock=clock, telemetry=telemetry, options=options)
    try:
        yield artifacts
    finally:
        await artifacts.aclose()
        await connection.aclose()


@asynccontextmanager
async def two_workers(database: Database) -> AsyncIterator[Workers]:
    """Open two workers of one database and one empty server."""
    url = empty_redis_url()
    async with AsyncExitStack() as stack:
        yield Workers(*[await stack.enter_async_context(worker(database, url, name)) for name in ("one", "two")])
