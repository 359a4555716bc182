"""psycopg's connection, which closes its socket when it is cancelled instead of asking the server to cancel.

A hanging server does not answer that request either, and psycopg with a libpq before 17 waits for the answer while
holding the interpreter's lock: the whole process hangs as long as the server. Source: psycopg `connection_async.py`.
"""

from functools import cache
from importlib import import_module
from typing import Any


async def connect(*arguments: Any, **options: Any) -> Any:
    """Open a connection as `psycopg.AsyncConnection.connect` does."""
    return await _connection_class().connect(*arguments, **options)


@cache
def _connection_class() -> Any:
    driver: Any = import_module("psycopg")

    class Cuttable(driver.AsyncConnection):  # type: ignore[misc]  # the driver is installed on PostgreSQL only
        async def cancel_safe(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - the driver's signature
            self.pgconn.finish()

        def cancel(self) -> None:
            self.pgconn.finish()

    return Cuttable
