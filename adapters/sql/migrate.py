"""Upgrades the tables to the newest revision: once, however many workers start together, and never downgrades.

alembic runs the steps on objects made here, not through its process-wide `op`, so that several loads of this code can
migrate at the same time. Logging is not configured.
"""

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.engine import URL, Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from adapters.sql.engines import CONNECT_SECONDS, database_url
from adapters.sql.trouble import READ_ONLY, DatabaseTrouble, trouble_of

Revisions = Callable[[ExitStack], Path]
"""Returns the folder of the revision files; temporary files are removed when the stack closes."""

VERSION_TABLE = "openrouter_pipe_version"
TOO_NEW = "too new"
WAIT_SECONDS = 30.0
TABLE_LOCK = "5s"  # a schema change that waits for readers makes all later readers wait
PROCESS_LOCK = int.from_bytes(b"orpipe\0\1", "big")
FOREIGN = (SQLAlchemyError, ImportError, OSError)


@dataclass(frozen=True, slots=True)
class Migrated:
    """The state after a migration: the revision, how many steps this call ran, and whether writing is forbidden.

    `read_only`: "too new" (the revision is unknown here and nothing was changed), "read-only", or "".
    """

    revision: str
    steps: int = 0
    read_only: str = ""


async def migrate(
    url: str, revisions: Revisions, *, schema: str = "", wait_seconds: float = WAIT_SECONDS, newest: str = ""
) -> Migrated:
    """Run all missing steps in one transaction, in a thread; a missing SQLite file is created, but not its folder.

    `revisions` is not asked for a database at the revision `newest`: unpacking and importing all steps takes longer
    than everything else here. Waits at most `wait_seconds` for others who migrate. Raises DatabaseTrouble; the state is
    then unchanged. If the caller is cancelled, the transaction still finishes.
    """
    return await asyncio.to_thread(_migrate, url, revisions, schema, wait_seconds, newest)


def _migrate(url: str, revisions: Revisions, schema: str, wait_seconds: float, newest: str) -> Migrated:
    try:
        target = database_url(url)
    except (SQLAlchemyError, ValueError):
        raise DatabaseTrouble("refused") from None  # the cause may contain the URL with its password
    with ExitStack() as stack:
        try:
            engine = _sqlite(target) if _is_sqlite(target) else _postgres(target)
            stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect())
            database = _Versioned(connection, schema)
            if newest and database.heads() == (newest,):
                return database.at(newest)
            folder = str(revisions(stack))
            script = ScriptDirectory(folder, version_locations=[folder])
            return _Migration(database, script, wait_seconds).run()
        except CommandError as error:
            raise DatabaseTrouble("refused") from error
        except FOREIGN as error:
            raise _trouble(error, target) from None  # a driver may quote the URL


def _trouble(error: Exception, target: URL) -> DatabaseTrouble:
    trouble = trouble_of(error)
    folder = Path(target.database or "").absolute().parent
    if trouble.reason == "missing" and _is_sqlite(target) and folder.is_dir() and not os.access(folder, os.W_OK):
        return DatabaseTrouble(READ_ONLY)  # SQLite only reports that it cannot open the file, or those beside it
    return trouble


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _sqlite(url: URL) -> Engine:
    """Return an engine without the driver's own transactions, which do not cover DDL."""
    file = quote(str(Path(url.database or "").absolute()))
    address = URL.create("sqlite+pysqlite", database=f"file:{file}", query={"uri": "true"})
    return create_engine(address, poolclass=NullPool, connect_args={"isolation_level": None}, hide_parameters=True)


def _postgres(url: URL) -> Engine:
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "application_name": "openrouter-pipe"}
    return create_engine(
        url,
        poolclass=NullPool,
        isolation_level="READ COMMITTED",  # so that commits made by others during the wait are visible
        connect_args=arguments | {"prepare_threshold": None},
        hide_parameters=True,
    )


class _Versioned:
    """One connection to a database, and what it says of its revision."""

    def __init__(self, connection: Connection, schema: str) -> None:
        self.connection, self._schema = connection, schema
        self.on_sqlite = connection.dialect.name == "sqlite"
        self.begin()

    def begin(self, **settings: str) -> None:
        """Begin a transaction in the schema; `settings` are PostgreSQL's and last as long as it does."""
        if not self.on_sqlite:
            name = self._schema and self.connection.dialect.identifier_preparer.quote_identifier(self._schema)
            self.set(search_path=name, **settings)

    def set(self, **settings: str) -> None:
        """Change settings until the transaction ends (a pooler may be in between). Empty values are skipped."""
        for name, value in settings.items():
            if value:
                self.connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})

    def context(self, **options: Any) -> MigrationContext:
        """Return alembic's view of the connection, with our own version table."""
        return MigrationContext.configure(self.connection, opts={"version_table": VERSION_TABLE, **options})

    def heads(self) -> tuple[str, ...]:
        """Return the revisions that the database names: one, or none if it is new."""
        return self.context().get_current_heads()

    def at(self, revision: str) -> Migrated:
        """Return that nothing was to be done, and whether the database may be written."""
        return Migrated(revision, read_only="" if self._may_write() else READ_ONLY)

    def _may_write(self) -> bool:
        if self.on_sqlite:
            files = self.connection.exec_driver_sql("PRAGMA database_list").all()
            return os.access(str(files[0][2]), os.W_OK)
        return self.connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"


class _Migration:
    """One migration attempt on one connection."""

    def __init__(self, database: _Versioned, script: ScriptDirectory, wait_seconds: float) -> None:
        self._database, self._script, self._wait = database, script, wait_seconds
        self._known = {step.revision for step in script.walk_revisions()}
        self._head = script.get_current_head() or ""
        self._taken = 0

    def run(self) -> Migrated:
        settled = self._settled(self._database.heads())
        if settled is not None:
            return settled
        connection = self._database.connection
        connection.rollback()
        self._lock_sqlite(connection) if self._database.on_sqlite else self._lock_postgres(connection)
        context = self._database.context(fn=self._steps)
        settled = self._settled(context.get_current_heads())
        if settled is not None:
            return settled
        context.run_migrations(op=Operations(context))
        connection.commit()
        return Migrated(self._head, self._taken)

    def _steps(self, heads: tuple[str, ...], _: MigrationContext) -> list[Any]:
        steps = self._script._upgrade_revs(self._head, heads[0] if heads else "base")  # as alembic's own command does
        self._taken = len(steps)
        return list(steps)

    def _settled(self, heads: tuple[str, ...]) -> Migrated | None:
        unknown = set(heads) - self._known
        if unknown:
            return Migrated(max(unknown), read_only=TOO_NEW)
        return self._database.at(self._head) if heads == (self._head,) else None

    def _lock_sqlite(self, connection: Connection) -> None:
        deadline = time.monotonic() + self._wait
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(self._wait * 1000)}")
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                break
            except OperationalError as error:  # SQLite itself does not wait: its time-out is 0
                if trouble_of(error).reason != "locked" or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _lock_postgres(self, connection: Connection) -> None:
        self._database.begin(lock_timeout=f"{max(1, int(self._wait * 1000))}ms")
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PROCESS_LOCK})
        self._database.set(lock_timeout=TABLE_LOCK)
