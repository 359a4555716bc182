"""SQLite's locks, waited for on the event loop, and cursors that never reach it.

SQLite's own busy time-out holds the connection's mutex while it waits. A cursor that is freed meanwhile, by the garbage
collector on the loop's thread, needs that mutex: the whole loop would stand. So the time-out is 0, the waiting is done
by a timer, and every cursor is closed in the thread in which it failed.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

SAME_LOCK_SECONDS = 1.0
"""Two looks closer than this, both in vain, met one and the same lock."""
PAUSES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


class LockWait:
    """How long another process is waited for, `seconds` at most, by one user or by many in turn.

    Behind the first who waited in vain nobody else waits for the same lock.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._since = self._seen = float("-inf")
        self._looks = 0

    def pause(self) -> float | None:
        """Return the seconds until the next try after a lock was met; None to give up."""
        now = self._now()
        if now - self._seen > SAME_LOCK_SECONDS:
            self._since, self._looks = now, 0
        self._seen = now
        if now - self._since >= self._seconds:
            return None
        self._looks += 1
        return PAUSES[min(self._looks, len(PAUSES)) - 1]

    def passed(self) -> None:
        """Take note that there is no lock any more."""
        self._seen = float("-inf")


class ClosedCursor(sqlite3.Cursor):
    """Lets go of its statement in the thread in which it failed, whoever keeps the error and its frames."""

    def execute(self, *arguments: Any) -> Self:
        """Execute a statement."""
        with self._closed_on_errors():
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
    """Makes such cursors."""

    def cursor(self, factory: Any = ClosedCursor) -> Any:
        """Return a cursor."""
        return super().cursor(factory)
