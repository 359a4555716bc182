"""Which file SQLite has open: whoever finds another one at its path neither opens nor writes it.

The journal of a database lies beside it under its name. A connection that opens a file which was put in the place of a
lost one would apply the journal of the lost one to it, and damage it; what is written to the lost file is gone with it.
"""

import sqlite3
from pathlib import Path

FileId = tuple[int, int]
"""Device and inode."""


class FileLost(sqlite3.OperationalError):
    """The database file was deleted or replaced while it was open. Nothing was done on the connection that tells it."""

    sqlite_errorcode = sqlite3.SQLITE_CANTOPEN


class OpenedFile:
    """The file that the connections of one engine have open, by device and inode. All methods ask the disk: call them
    in a driver's thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: FileId | None = None

    def check(self) -> None:
        """Raise FileLost if what was opened is no longer there."""
        if self._known is not None and file_id(self._path) != self._known:
            raise FileLost("the database file was deleted or replaced")

    def opened(self) -> None:
        """Remember what was opened first."""
        if self._known is None:
            self._known = file_id(self._path)


def file_id(path: Path) -> FileId | None:
    """Return device and inode of what is at a path now; None if there is nothing. Asks the disk."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
