"""One database: connections for reading, transactions for writing, and its troubles by name."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.sql.connection import Statements, connected, to_the_end
from adapters.sql.engines import database_url, open_engine
from adapters.sql.lists import SQLITE
from adapters.sql.trouble import READ_ONLY, DatabaseTrouble, trouble_of

READ_SECONDS = 10.0
WRITE_SECONDS = 20.0
CLOSE_SECONDS = 5.0
LIMITS = text("SELECT set_config('statement_timeout', '10s', true), set_config('lock_timeout', '5s', true)")
FOREIGN = (SQLAlchemyError, ArgumentError, ImportError, OverflowError, ValueError, OSError)


class Database:
    """A database used by every store in this folder; opened when first used, from any event loop.

    `read_only` says why it must not be written ("read-only", "too new"), empty if it may be; whoever ran the
    migrations sets it. The file or the database and its tables must be there already.
    """

    def __init__(self, url: str, *, schema: str = "", read_only: str = "") -> None:
        self._url = database_url(url)
        self._schema = schema
        self._opened: WeakKeyDictionary[asyncio.AbstractEventLoop, _Opened] = WeakKeyDictionary()
        self._closed = False
        self.read_only = read_only
        self.dialect = self._url.get_backend_name()
        self._slow = "locked" if self.dialect == SQLITE else "unreachable"

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r}, read_only={self.read_only!r})"

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Statements]:
        """Give a connection that commits every statement by itself. Raises DatabaseTrouble, also from the body."""
        async with self._used() as opened, _limited(READ_SECONDS, self._slow):
            engine = await opened.engine()
            async with connected(engine, commits_itself=self.dialect != SQLITE) as connection:
                yield Statements(connection)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Statements]:
        """Give a transaction: committed at the end, rolled back on any error. Raises DatabaseTrouble.

        What was committed survives a power failure. On SQLite writers wait for each other here, then at most two
        seconds for other processes.
        """
        if self.read_only:
            raise DatabaseTrouble(self.read_only, read_only=True)
        async with self._used() as opened, _limited(WRITE_SECONDS, self._slow):
            engine = await opened.engine()
            if self.dialect == SQLITE:
                async with opened.writer, _immediate(engine) as statements:
                    yield statements
            else:
                async with connected(engine, commits_itself=False) as connection:
                    statements = Statements(connection)
                    await statements.execute(LIMITS)
                    yield statements
                    await to_the_end(connection.commit())

    async def aclose(self) -> None:
        """Refuse new work, wait a little for what runs, close all connections of this event loop."""
        self._closed = True
        await self.release()

    async def release(self) -> None:
        """Close the connections of this event loop only, before it ends; they are opened again when used."""
        opened = self._opened.pop(asyncio.get_running_loop(), None)
        if opened is not None:
            await opened.aclose()

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
        """Make an engine of this database; for one event loop only."""
        return open_engine(self._url, schema=self._schema, read_only=self.read_only == READ_ONLY)


class _Opened:
    """What one event loop holds of a database: connections cannot pass between loops."""

    def __init__(self, database: Database) -> None:
        self.writer = asyncio.Lock()
        self._make = database.make_engine
        self._opening = asyncio.Lock()
        self._engine: AsyncEngine | None = None
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def engine(self) -> AsyncEngine:
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    self._engine = await asyncio.to_thread(self._make)
        return self._engine

    def enter(self) -> None:
        self._users += 1
        self._idle.clear()

    def leave(self) -> None:
        self._users -= 1
        if not self._users:
            self._idle.set()

    async def aclose(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            pass
        if self._engine is not None:
            await self._engine.dispose()


@asynccontextmanager
async def _limited(seconds: float, late: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise DatabaseTrouble(late) from None
    except FOREIGN as error:
        raise trouble_of(error) from error


@asynccontextmanager
async def _immediate(engine: AsyncEngine) -> AsyncIterator[Statements]:
    async with connected(engine, commits_itself=False) as connection:
        statements = Statements(connection)
        await statements.exec_driver_sql("BEGIN IMMEDIATE")
        yield statements
        await to_the_end(connection.commit())
