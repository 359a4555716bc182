"""One database: read connections, write transactions, and uniform errors."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql import engines
from adapters.sql.connection import Statements, is_lost
from adapters.sql.engines import POSTGRES_CONNECTIONS, SQLITE_CONNECTIONS, database_url, open_engine
from adapters.sql.lists import SQLITE
from adapters.sql.locking import LockWait
from adapters.sql.trouble import READ_ONLY, TIMEOUT, DatabaseTrouble, trouble_of

READ_SECONDS = 10.0
WRITE_SECONDS = 20.0
CLOSE_SECONDS = 5.0
LIMITS = text("SELECT set_config('statement_timeout', '10s', true), set_config('lock_timeout', '5s', true)")
FOREIGN = (SQLAlchemyError, sqlite3.Error, ArgumentError, ImportError, OverflowError, ValueError, OSError)
T = TypeVar("T")


class Database:
    """A database shared by every store in this folder; opened when first used, from any event loop.

    `read_only` is the reason why it must not be written ("read-only", "too new"), or ""; set after the migrations. The
    file or database and its tables must exist. `found_lost`: somebody was refused because the file was deleted or
    replaced.
    """

    def __init__(self, url: str, *, schema: str = "", read_only: str = "") -> None:
        self._url = database_url(url)
        self.schema = schema
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()
        self._closed = False
        self.read_only = read_only
        self.found_lost = False
        self.dialect = self._url.get_backend_name()

    def __repr__(self) -> str:
        return f"Database({self.dialect!r}, read_only={self.read_only!r})"  # any part of a URL may contain a password

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Statements]:
        """Provide a connection that commits every statement by itself. Raises DatabaseTrouble, also for errors in the
        body.

        A cancelled caller returns at once, here as in `writing`: the driver's operation finishes in a task of its own,
        which then closes the connection.
        """
        async with self._limited(READ_SECONDS), self._used() as opened, opened.connected(writes=False) as statements:
            yield statements

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Statements]:
        """Provide a transaction: committed at the end, rolled back on any error. Raises DatabaseTrouble.

        Committed data survives a power failure. On SQLite writers of this process queue here, then wait at most two
        seconds for other processes.
        """
        self._check_writable()
        async with self._limited(WRITE_SECONDS), self._used() as opened, opened.connected(writes=True) as statements:
            if self.dialect == SQLITE:
                await statements.begin_immediate()
            else:
                await statements.execute(LIMITS)
            yield statements
            await statements.commit()

    async def write_at_once(self, sql: str, *values: str | list[str]) -> list[Any]:
        """Execute one statement that is a transaction by itself, and return its rows.

        What it wrote is durable then, unless the statement itself says otherwise. Lists are values on PostgreSQL only.
        It must do no harm when it is executed twice. Raises DatabaseTrouble. Otherwise like `writing`, in a fraction of
        its time: nothing but the statement goes back and forth, and the caller does not wait until the connection is
        back in the pool.
        """
        if self.dialect == SQLITE:
            return await self.write_in_driver(lambda driver: driver.execute(sql, values).fetchall())
        self._check_writable()
        async with (
            self._limited(WRITE_SECONDS),
            self._used() as opened,
            opened.connected(writes=True, waits=False) as one,
        ):
            return await one.execute_alone(sql, values)

    async def write_in_driver(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of `work`, which runs in the driver's thread and ends its own transaction; SQLite only.

        Raises DatabaseTrouble. In a fraction of the time of `writing`, like `write_at_once`: the connection is kept
        for the next, since taking one from the pool and giving it back takes longer than to write.
        """
        self._check_writable()
        async with self._limited(WRITE_SECONDS), self._used() as opened, opened.kept() as one:
            return await one.in_driver(work)

    async def aclose(self) -> None:
        """Refuse new work, wait briefly for running work, close all connections of this event loop."""
        self._closed = True
        await self.release()

    async def release(self) -> None:
        """Close the connections of this event loop only, before it ends; they are reopened when used."""
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.aclose()

    def _check_writable(self) -> None:
        if self.read_only:
            raise DatabaseTrouble(self.read_only, read_only=True)

    @asynccontextmanager
    async def _limited(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise DatabaseTrouble(TIMEOUT) from None
        except FOREIGN as error:
            self.found_lost |= is_lost(error)
            raise trouble_of(error) from None  # a driver may quote the URL

    @asynccontextmanager
    async def _used(self) -> "AsyncIterator[_Opened]":
        if self._closed:
            raise DatabaseTrouble("closed")
        loop = asyncio.get_running_loop()
        opened = self._opened.get(loop)
        if opened is None:
            opened = self._opened[loop] = _Opened(self)
        opened.enter()
        try:
            yield opened
        finally:
            opened.leave()

    def make_engine(self) -> AsyncEngine:
        """Make an engine of this database, for one event loop only."""
        return open_engine(self._url, schema=self.schema, read_only=self.read_only == READ_ONLY)


class _Opened:
    """The part of a database that belongs to one event loop: connections cannot move between loops."""

    def __init__(self, database: Database) -> None:
        self._make = database.make_engine
        self._on_sqlite = database.dialect == SQLITE
        self._opening = asyncio.Lock()
        self._engine: AsyncEngine | None = None
        self._places = asyncio.Semaphore(SQLITE_CONNECTIONS if self._on_sqlite else POSTGRES_CONNECTIONS)
        self._writer, self._lock = asyncio.Lock(), LockWait(engines.BUSY_SECONDS)
        self._kept: Statements | None = None
        self._keeps = True
        self._endings: set[asyncio.Task[None]] = set()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @asynccontextmanager
    async def connected(self, *, writes: bool, waits: bool = True) -> AsyncIterator[Statements]:
        """Provide a connection; uncommitted changes are rolled back at the end. The number of connections is limited.

        Its slot, and the writers' lock, are released when the connection is closed: later than the caller is done.
        Unless it `waits`, the connection is not started yet, and the caller goes on while it is closed.
        """
        with ExitStack() as held:
            if writes and self._on_sqlite:
                await self._writer.acquire()
                held.callback(self._writer.release)
            await self._places.acquire()
            held.callback(self._places.release)
            statements = Statements(await self._opened_engine(), self._lock_wait(writes))
            kept = held.pop_all()
        left = False
        try:
            if waits:
                await statements.start(commits_itself=not (writes or self._on_sqlite))
            yield statements
        except asyncio.CancelledError:
            left = True
            raise
        finally:
            ending = self._end(statements, kept)
            if waits and not left:
                await asyncio.shield(ending)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[Statements]:
        """Provide the connection on which SQLite is written statement by statement, and keep it for the next caller.

        It is apart from the places of the others. After a failure, or while an abandoned operation goes on, it is
        closed like any other, and the next writer, who waits for that, gets a new one.
        """
        with ExitStack() as held:
            await self._writer.acquire()
            held.callback(self._writer.release)
            statements, self._kept = self._kept, None
            statements = statements or Statements(await self._opened_engine(), self._lock)
            try:
                yield statements
            finally:
                if statements.is_sound and self._keeps:
                    self._kept = statements
                else:
                    self._end(statements, held.pop_all())

    def enter(self) -> None:
        self._users += 1
        self._idle.clear()

    def leave(self) -> None:
        self._users -= 1
        if not self._users:
            self._idle.set()

    async def aclose(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
                while self._endings:
                    await asyncio.wait(set(self._endings))
        kept, self._kept, self._keeps = self._kept, None, False
        if kept is not None:
            await kept.end()
        if endings := set(self._endings):
            for ending in endings:
                ending.cancel()
            await asyncio.wait(endings)
        if self._engine is not None:
            await self._engine.dispose()

    # --- details ------------------------------------------------------------------------------------------

    def _end(self, statements: Statements, kept: ExitStack) -> "asyncio.Task[None]":
        """Close a connection, or return it to the pool, beside the caller; then release what it held."""
        ending = asyncio.get_running_loop().create_task(_ended(statements, kept), name="openrouter-pipe-database-end")
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        return ending

    def _lock_wait(self, writes: bool) -> LockWait | None:
        if not self._on_sqlite:
            return None
        return self._lock if writes else LockWait(engines.BUSY_SECONDS)

    async def _opened_engine(self) -> AsyncEngine:
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    self._engine = await asyncio.to_thread(self._make)
        return self._engine


async def _ended(statements: Statements, kept: ExitStack) -> None:
    with kept:
        await statements.end()
