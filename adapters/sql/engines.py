"""SQLAlchemy engines: how to connect to each kind of database."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from adapters.sql.cuttable import connect
from adapters.sql.idle import watch_idle
from adapters.sql.locking import ClosingConnection
from adapters.sql.opened_file import OpenedFile

BUSY_SECONDS = 2.0
"""How long to wait while another process holds the lock of a SQLite file."""
POOL_SECONDS = 5.0
CONNECT_SECONDS = 5
SQLITE_CONNECTIONS = 4
POSTGRES_CONNECTIONS = 5
WAL_BYTES = 16 * 1024 * 1024
RENAMED = {"ssl": "sslmode"}  # asyncpg's name for it


def database_url(text: str) -> URL:
    """Parse a URL as written by the host or an operator: `postgres://`, `postgresql+...://`, `sqlite:///...`.

    Raises ValueError for a text that is not a URL, and for another kind of database.
    """
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1) if text.startswith("postgres://") else text)
    except (ArgumentError, ValueError):
        raise ValueError("not a database URL") from None  # the cause quotes it
    backend = url.get_backend_name()
    if backend == "postgresql":
        query = {RENAMED.get(name, name): value for name, value in url.query.items()}
        return url.set(drivername="postgresql+psycopg", query=query)
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite+aiosqlite", query={})
    raise ValueError("neither SQLite in a file nor PostgreSQL")


def open_engine(url: URL, *, schema: str, read_only: bool) -> AsyncEngine:
    """Return an engine for a `database_url`, not yet connected. It imports the driver: call it in a thread.

    A SQLite file is never created here. On PostgreSQL nothing relies on session state: a pooler may be in between.
    """
    common: dict[str, Any] = {
        "poolclass": AsyncAdaptedQueuePool,
        "pool_timeout": POOL_SECONDS,
        "pool_use_lifo": True,
        "hide_parameters": True,
        "max_overflow": 0,
    }
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, read_only, common)
    engine = create_async_engine(
        url,
        **common,
        pool_size=POSTGRES_CONNECTIONS,
        pool_recycle=1800,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "openrouter-pipe",
            "prepare_threshold": None,
            "async_creator_fn": connect,
        },
        execution_options={"schema_translate_map": {None: schema}} if schema else {},
    )
    watch_idle(engine)
    return engine


def _sqlite(url: URL, read_only: bool, common: dict[str, Any]) -> AsyncEngine:
    path = Path(url.database or "").absolute()
    factory = partial(ClosingConnection, file=OpenedFile(path))
    engine = create_async_engine(
        url.set(database=f"file:{quote(str(path))}", query={"uri": "true", "mode": "ro" if read_only else "rw"}),
        **common,
        pool_size=SQLITE_CONNECTIONS + 1,  # one is about to be kept, and leaves the pool then
        pool_reset_on_return=None,
        connect_args={"timeout": 0, "isolation_level": None, "factory": factory},
    )

    def prepare(connection: Any, _: object) -> None:
        try:
            set_up(connection.cursor())
        except Exception:
            connection.close()  # the pool does not own it yet and would not close it
            raise

    def set_up(cursor: Any) -> None:
        if not read_only:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten, however SQLite was built
            cursor.execute(f"PRAGMA journal_size_limit={WAL_BYTES}")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "reset", _rolled_back)
    return engine


def _rolled_back(connection: Any, _record: Any, _state: Any) -> None:
    """Roll back what a connection left open; nearly always nothing, and a call costs the driver's thread."""
    if connection.driver_connection.in_transaction:
        connection.rollback()
