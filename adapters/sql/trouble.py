"""Database errors under the same names for every driver."""

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

READ_ONLY = "read-only"
LOCKED = "locked"
TIMEOUT = "timeout"
UNREACHABLE = "unreachable"

SQLITE_REASONS = {
    1: "missing",  # our statements are fixed, so the table or column they name does not exist
    3: READ_ONLY,
    5: LOCKED,
    6: LOCKED,
    8: READ_ONLY,
    10: UNREACHABLE,
    11: "damaged",
    13: "full",
    14: "missing",
    15: LOCKED,
    23: READ_ONLY,
    26: "damaged",
}
STATES = {
    "25006": READ_ONLY,
    "42501": READ_ONLY,
    "3D000": "missing",
    "3F000": "missing",
    "42P01": "missing",
    "42703": "missing",
    "55P03": LOCKED,
    "57014": TIMEOUT,
}
CLASSES = {"08": UNREACHABLE, "28": UNREACHABLE, "40": LOCKED, "53": "full", "57": UNREACHABLE, "XX": "damaged"}
TOO_MANY_CONNECTIONS = "53300"


class DatabaseTrouble(Exception):
    """The database operation failed; an open transaction was rolled back.

    `reason`: locked, timeout, full, read-only, missing, unreachable, damaged, too new, closed, refused.
    `read_only`: the database may still be read.
    """

    def __init__(self, reason: str, *, read_only: bool = False) -> None:
        super().__init__(f"database: {reason}")
        self.reason = reason
        self.read_only = read_only


def trouble_of(error: Exception) -> DatabaseTrouble:
    """Classify an error of SQLAlchemy or a driver by its code. Source: SQLite result codes, PostgreSQL error codes."""
    if isinstance(error, ImportError):
        return DatabaseTrouble("missing")
    if isinstance(error, DBAPIError | sqlite3.Error):
        reason = _reason(error) if isinstance(error, DBAPIError) else _of_sqlite(error) or "refused"
        return DatabaseTrouble(reason, read_only=reason == READ_ONLY)
    if isinstance(error, OverflowError | ValueError):
        return DatabaseTrouble("refused")
    if isinstance(error, TimeoutError | PoolTimeout):
        return DatabaseTrouble(TIMEOUT)
    return DatabaseTrouble(LOCKED if isinstance(error, SQLAlchemyError) else UNREACHABLE)


def _reason(error: DBAPIError) -> str:
    reason = _of_sqlite(error.orig)
    if reason:
        return reason
    state = getattr(error.orig, "sqlstate", None)
    if state is None and _is_timeout(error):
        return TIMEOUT
    if state is None:
        return UNREACHABLE if isinstance(error.orig, OSError) or _is_operational(error) else "refused"
    if state == TOO_MANY_CONNECTIONS:
        return UNREACHABLE
    return STATES.get(state) or CLASSES.get(state[:2], "refused")


def _of_sqlite(error: BaseException | None) -> str:
    """Return the reason by SQLite's code; empty for an error without one."""
    code = getattr(error, "sqlite_errorcode", None)
    return SQLITE_REASONS.get(code & 0xFF, "refused") if code is not None else ""


def _is_operational(error: DBAPIError) -> bool:
    return type(error.orig).__name__ in {"OperationalError", "InterfaceError"} or error.connection_invalidated


def _is_timeout(error: DBAPIError) -> bool:
    """Return whether psycopg timed out while connecting; that class is not an OperationalError by name."""
    return isinstance(error.orig, TimeoutError) or type(error.orig).__name__ == "ConnectionTimeout"
