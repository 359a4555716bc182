"""A connection that survives cancellation: the driver is never interrupted in the middle of an operation.

Interrupted drivers leave connections with open transactions behind, and with them locks. Therefore a cancelled caller
returns at once, while the operation goes on in a task of its own until `Statements.end` can close the connection.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql.idle import lay_in_pool
from adapters.sql.locking import LockWait
from adapters.sql.opened_file import FileLost
from adapters.sql.trouble import LOCKED, UNREACHABLE, trouble_of

T = TypeVar("T")
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]

LEFT_SECONDS = 60.0
"""Seconds an operation without a waiter may go on before its connection is closed."""
SERVED_SECONDS = 12.0
"""The same where a server limits statements (`database.LIMITS`), and a little more."""
CUT_SECONDS, CUTS = 2.0, 4  # the first cancel makes psycopg ask the server to cancel, a later one stops that wait


class Statements:
    """Executes statements on one connection, for one user.

    A connection on which an operation failed is closed afterwards and never reused, but for one to a lost file: while
    it is open, no other file can be taken for that one. `lock` is the policy for waiting for another process's lock, on
    SQLite.

    A server may end a connection in the very moment it is taken from the pool. The first statement is then repeated on
    another connection: nothing came before it, and it must do no harm when it is executed twice.
    """

    def __init__(self, engine: AsyncEngine, lock: LockWait | None) -> None:
        self._engine, self._lock = engine, lock
        self._connection = engine.connect()
        self._commits_itself = False
        self._running: asyncio.Task[Any] | None = None
        self._untried = False
        """Whether the connection lay in the pool and has executed nothing since."""
        self._failed = False
        self._driver: Any = None  # of `in_driver`, once there is one

    @property
    def is_sound(self) -> bool:
        """Return whether the next operation may follow on this connection: none failed, and none is under way."""
        return not (self._failed or _broke(self._running))

    async def start(self, *, commits_itself: bool) -> None:
        """Connect, or take a connection from the pool."""
        self._commits_itself = commits_itself
        self._untried = await self.run(self._start)

    async def execute(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Execute a statement and load all its rows."""
        single = not isinstance(values, Sequence)  # of many rows some may be written before a lock is hit
        return await self.run(lambda: self._connection.execute(statement, values), repeatable=single)

    async def exec_driver_sql(self, sql: str) -> CursorResult[Any]:
        """Execute SQL text unchanged."""
        return await self.run(lambda: self._connection.exec_driver_sql(sql))

    async def execute_alone(self, sql: str, values: tuple[str | list[str], ...]) -> list[Any]:
        """Connect and execute the only statement of this connection, text unchanged, which commits itself."""
        return await self.run(lambda: self._execute_alone(sql, values))

    async def in_driver(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Connect and call `work` with the driver's own connection, in its thread; SQLite only.

        `work` ends its own transaction; it is repeated while the database is locked. Each statement of the driver's
        asynchronous form goes through that thread several times, this all at once.
        """
        done = await self.run(lambda: self._in_driver(work))
        if self._lock is not None:
            self._lock.passed()
        return done

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Call `work` with the connection in its synchronous form."""
        return await self.run(partial(self._connection.run_sync, work), repeatable=False)

    async def begin_immediate(self) -> None:
        """Take SQLite's write lock."""
        await self.exec_driver_sql("BEGIN IMMEDIATE")
        if self._lock is not None:
            self._lock.passed()

    async def commit(self) -> None:
        """Commit the transaction; on SQLite by a statement, which can be retried when the database is locked."""
        if self._lock is not None:
            await self.exec_driver_sql("COMMIT")
        else:
            await self.run(self._connection.commit)

    async def run(self, operation: Callable[[], Awaitable[T]], *, repeatable: bool = True) -> T:
        """Return the result of an operation; on SQLite it is retried while another process holds the lock."""
        attempt = operation
        while True:
            try:
                done = await self._once(attempt)
                self._untried = False
                return done
            except Exception as error:
                if repeatable and self._untried and trouble_of(error).reason == UNREACHABLE:
                    attempt = partial(self._on_another, operation)
                    continue
                pause = self._lock.pause() if repeatable and self._lock is not None and _is_locked(error) else None
                if pause is None:
                    self._failed = not is_lost(error)
                    raise
            await asyncio.sleep(pause)

    async def end(self) -> None:
        """Wait for an abandoned operation, then close the connection or return it to the pool."""
        if self._running is not None and not self._running.done():
            with suppress(asyncio.CancelledError):  # the database is closing and waits for this
                await asyncio.wait((self._running,), timeout=LEFT_SECONDS if self._lock is not None else SERVED_SECONDS)
            await _cut(self._running)
        if self._connection.sync_connection is None:
            return
        with suppress(Exception):  # a connection that cannot be closed is not reused
            if not self.is_sound and self._driver is None:  # one that is detached is not reused anyway
                await self._connection.invalidate()
            await self._connection.close()
            if self._driver is not None and self._driver._connection is not None:
                await self._driver.close()  # some versions of SQLAlchemy leave a detached one open

    async def _once(self, operation: Callable[[], Awaitable[T]]) -> T:
        coroutine = _awaited(operation)
        running = asyncio.get_running_loop().create_task(coroutine, name="openrouter-pipe-database-operation")
        self._running = running
        return await asyncio.shield(running)

    async def _start(self) -> bool:
        """Return whether the server may have ended the connection without our notice."""
        await self._connection.start()
        untried = self._lock is None and lay_in_pool(self._connection)
        if self._commits_itself:
            await self._connection.execution_options(isolation_level="AUTOCOMMIT")
        return untried

    async def _in_driver(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._driver is None:
            if self._connection.sync_connection is None:  # else this is another try, and the connection is there
                await self._connection.start()
            driver = (await self._connection.get_raw_connection()).driver_connection
            await self._connection.run_sync(_detach)  # it is kept, and nobody warns of it if the process just ends
            self._driver = driver
        done: T = await self._driver._execute(_in_its_file, work, self._driver._conn)
        return done

    async def _on_another(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Perform an operation on another connection, since the server has ended this one."""
        self._untried = False
        await self._connection.invalidate()
        await self._connection.close()
        self._connection = self._engine.connect()
        self._untried = await self._start()
        return await operation()

    async def _execute_alone(self, sql: str, values: tuple[str | list[str], ...]) -> list[Any]:
        """Execute by the driver itself: SQLAlchemy's part takes longer than the statement."""
        if self._connection.sync_connection is None:
            self._untried = await self._start()
        driver: Any = (await self._connection.get_raw_connection()).driver_connection
        foreign = self._connection.dialect.loaded_dbapi.Error
        try:
            await driver.set_autocommit(True)
            done = await driver.execute(sql, values)
            rows = list(await done.fetchall()) if done.description else []
            await driver.set_autocommit(False)
            return rows
        except foreign as error:
            raise DBAPIError.instance("", (), error, foreign, hide_parameters=True) from None


async def _awaited(operation: Callable[[], Awaitable[T]]) -> T:
    return await operation()


def _in_its_file(work: Callable[[sqlite3.Connection], T], driver: Any) -> T:
    driver.check_file()
    return work(driver)


def _detach(connection: Connection) -> None:
    connection.detach()


async def _cut(running: asyncio.Task[Any]) -> None:
    """Cancel an operation repeatedly until it ends."""
    for _ in range(CUTS):
        if running.done():
            return
        running.cancel()
        await asyncio.wait((running,), timeout=CUT_SECONDS)


def _broke(running: asyncio.Task[Any] | None) -> bool:
    if running is None:
        return False
    if not running.done() or running.cancelled():
        return True
    error = running.exception()
    return error is not None and not is_lost(error)


def is_lost(error: BaseException) -> bool:
    """Return whether an operation failed because SQLite's file was deleted or replaced."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, FileLost)


def _is_locked(error: Exception) -> bool:
    return trouble_of(error).reason == LOCKED
