"""A connection whose user may leave at any moment: the driver is never cut off in the middle of an operation.

Drivers that are cut off leave connections behind with open transactions, and with them locks. So whoever is cancelled
leaves at once, and the operation goes on in a task of its own until `Statements.end` can close what is left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.locking import LockWait
from adapters.sql.trouble import LOCKED, trouble_of

T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]

LEFT_SECONDS = 60.0
"""How long an operation nobody waits for may go on before its connection is closed under it."""
CUT_SECONDS, CUTS = 2.0, 4  # the first cut makes psycopg ask the server to cancel, a later one stops waiting for it


class Statements:
    """Executes statements on one connection, for one user.

    A connection on which an operation failed is closed afterwards and never used again. `lock`: how another process is
    waited for, on SQLite.
    """

    def __init__(self, connection: AsyncConnection, lock: LockWait | None) -> None:
        self._connection, self._lock = connection, lock
        self._running: asyncio.Task[Any] | None = None
        self._failed = False

    async def start(self, *, commits_itself: bool) -> None:
        """Connect, or take a connection from the pool."""
        await self.run(partial(_started, self._connection))
        if commits_itself:
            await self.run(partial(_set_autocommit, self._connection))

    async def execute(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Execute a statement; its rows are there at once."""
        single = not isinstance(values, Sequence)  # of many rows some may be written when a lock is met
        return await self.run(partial(self._connection.execute, statement, values), repeatable=single)

    async def exec_driver_sql(self, sql: str) -> CursorResult[Any]:
        """Execute a text as it stands."""
        return await self.run(partial(self._connection.exec_driver_sql, sql))

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with the connection in its synchronous form."""
        return await self.run(partial(self._connection.run_sync, work), repeatable=False)

    async def begin_immediate(self) -> None:
        """Take SQLite's lock for writing."""
        await self.exec_driver_sql("BEGIN IMMEDIATE")
        if self._lock is not None:
            self._lock.passed()

    async def commit(self) -> None:
        """Commit the transaction; on SQLite by a statement, which can be repeated when a lock is met."""
        if self._lock is not None:
            await self.exec_driver_sql("COMMIT")
        else:
            await self.run(self._connection.commit)

    async def run(self, operation: Callable[[], Awaitable[T]], *, repeatable: bool = True) -> T:
        """Return what an operation returns; on SQLite it is repeated while another process holds the lock."""
        while True:
            try:
                return await self._once(operation)
            except Exception as error:
                pause = self._lock.pause() if repeatable and self._lock is not None and _is_locked(error) else None
                if pause is None:
                    self._failed = True
                    raise
            await asyncio.sleep(pause)

    async def end(self) -> None:
        """Wait for an operation that was left, then close the connection or give it back to the pool."""
        if self._running is not None and not self._running.done():
            with suppress(asyncio.CancelledError):  # the database is closed and waits for this
                await asyncio.wait((self._running,), timeout=LEFT_SECONDS)
            await _cut(self._running)
        if self._connection.sync_connection is None:
            return
        with suppress(Exception):  # what cannot be closed is not used again
            if self._failed or _broke(self._running):
                await self._connection.invalidate()
            await self._connection.close()

    async def _once(self, operation: Callable[[], Awaitable[T]]) -> T:
        coroutine = _awaited(operation)
        running = asyncio.get_running_loop().create_task(coroutine, name="openrouter-pipe-database-operation")
        self._running = running
        return await asyncio.shield(running)


async def _awaited(operation: Callable[[], Awaitable[T]]) -> T:
    return await operation()


async def _started(connection: AsyncConnection) -> None:
    await connection.start()


async def _set_autocommit(connection: AsyncConnection) -> None:
    await connection.execution_options(isolation_level="AUTOCOMMIT")


async def _cut(running: asyncio.Task[Any]) -> None:
    """Cancel an operation that does not end, until it does."""
    for _ in range(CUTS):
        if running.done():
            return
        running.cancel()
        await asyncio.wait((running,), timeout=CUT_SECONDS)


def _broke(running: asyncio.Task[Any] | None) -> bool:
    return running is not None and (not running.done() or running.cancelled() or running.exception() is not None)


def _is_locked(error: Exception) -> bool:
    return trouble_of(error).reason == LOCKED
