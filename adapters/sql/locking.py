"""Waits for SQLite's locks on the event loop, and closes cursors outside of it.

SQLite's own busy time-out holds the connection's mutex while it waits. If the garbage collector frees a cursor on the
loop's thread meanwhile, the cursor needs that mutex and the whole loop blocks. Therefore the time-out is 0, a timer
does the waiting, and every cursor is closed in the thread in which it failed.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from adapters.sql.opened_file import OpenedFile

SAME_LOCK_SECONDS = 1.0
"""Two failed attempts closer together than this count as waiting for the same lock."""
BEGIN = "BEGIN"
PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


class LockWait:
    """Limits how long to wait for another process, `seconds` at most, for one user or for many in turn.

    After one user has waited in vain, the others do not wait for the same lock.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._since = self._seen = float("-inf")
        self._attempts = 0

    def pause(self) -> float | None:
        """Return the seconds until the next attempt on a locked database; None to give up."""
        now = self._now()
        if now - self._seen > SAME_LOCK_SECONDS:
            self._since, self._attempts = now, 0
        self._seen = now
        if now - self._since >= self._seconds:
            return None
        self._attempts += 1
        return PAUSES[min(self._attempts, len(PAUSES)) - 1]

    def passed(self) -> None:
        """Record that the lock is gone."""
        self._seen = float("-inf")


class ClosedCursor(sqlite3.Cursor):
    """Closes its statement in the thread in which it failed, even if the error and its frames live on."""

    def execute(self, *arguments: Any) -> Self:
        """Execute a statement; a transaction begins only in the file that was opened."""
        with self._closed_on_errors():
            if arguments[0].startswith(BEGIN) and isinstance(self.connection, ClosingConnection):
                self.connection.check_file()
            super().execute(*arguments)
        return self

    def executemany(self, *arguments: Any) -> Self:
        """Execute a statement for many rows."""
        with self._closed_on_errors():
            super().executemany(*arguments)
        return self

    def fetchall(self) -> list[Any]:
        """Return all rows."""
        with self._closed_on_errors():
            return super().fetchall()

    @contextmanager
    def _closed_on_errors(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise


class ClosingConnection(sqlite3.Connection):
    """A connection whose cursors are `ClosedCursor`s, to the `file` that others of its engine have opened."""

    def __init__(self, *arguments: Any, file: OpenedFile | None = None, **options: Any) -> None:
        self._file = file
        self.check_file()
        super().__init__(*arguments, **options)
        if file is not None:
            file.opened()

    def check_file(self) -> None:
        """Raise FileLost if the file was deleted or replaced."""
        if self._file is not None:
            self._file.check()

    def cursor(self, factory: Any = ClosedCursor) -> Any:
        """Return a cursor."""
        return super().cursor(factory)
