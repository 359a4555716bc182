"""A connection whose user may give up at any moment: the driver is never cut off in the middle of an operation.

Drivers that are cut off leave connections behind with open transactions, and with them locks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]

PATIENCE = 2.5
"""Seconds a cancelled caller waits for the operation that runs; more than SQLite waits for a lock."""


class Statements:
    """Executes statements on an open connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Execute a statement; its rows are there at once."""
        return await to_the_end(self._connection.execute(statement, values))

    async def exec_driver_sql(self, sql: str) -> CursorResult[Any]:
        """Execute a text as it stands."""
        return await to_the_end(self._connection.exec_driver_sql(sql))

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with the connection in its synchronous form."""
        return await to_the_end(self._connection.run_sync(work))


@asynccontextmanager
async def connected(engine: AsyncEngine, *, commits_itself: bool) -> AsyncIterator[AsyncConnection]:
    """Open a connection of the pool; at the end what was not committed is rolled back."""
    connection = engine.connect()
    try:
        await to_the_end(_start(connection))
        if commits_itself:
            await to_the_end(connection.execution_options(isolation_level="AUTOCOMMIT"))
        yield connection
    finally:
        if connection.sync_connection is not None:
            await to_the_end(connection.close())


async def to_the_end(operation: Coroutine[Any, Any, T]) -> T:
    """Return what an operation returns; a cancelled caller leaves when it has ended, or after PATIENCE seconds."""
    running = asyncio.create_task(operation, name="openrouter-pipe database operation")
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await _ended(running)
        raise


async def _ended(running: asyncio.Task[T]) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    while not running.done():
        if loop.time() >= until:
            running.cancel()
        try:
            await asyncio.wait({running}, timeout=max(until - loop.time(), 0.1))
        except asyncio.CancelledError:
            continue
    if not running.cancelled():
        running.exception()


async def _start(connection: AsyncConnection) -> None:
    await connection.start()
