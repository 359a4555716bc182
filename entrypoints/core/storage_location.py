"""Where data lives: in a database on a server, in a SQLite file with its key beside it, or only in memory."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

OWN_URL = "OPENROUTER_PIPE_DATABASE_URL"
DATABASE_FILE = "openrouter_pipe.db"
KEY_FILE = "openrouter_pipe.key"
LOOKUP_KEY_FILE = "openrouter_pipe_lookup.key"
SQLITE, POSTGRES = "sqlite", "postgresql"
_DRIVERS = {SQLITE: "sqlite+aiosqlite", POSTGRES: "postgresql+psycopg"}


class StorageLocationWrong(Exception):
    """A variable does not name a usable database. The text names the variable, never its value."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable, self.reason = variable, reason


@dataclass(frozen=True, slots=True)
class StorageLocation:
    """Where data lives; only in memory if nothing is named.

    `url` may hold a password; without one there is no database, and `wrong` says why if there was to be one.
    `schema`: "" is the connection's own. `sqlite_file` and `key_file` are absolute, None on PostgreSQL. `folder` is for
    other files of ours; it may be absent, and None allows none.
    """

    url: str = field(default="", repr=False)
    schema: str = ""
    sqlite_file: Path | None = None
    key_file: Path | None = None
    folder: Path | None = None
    wrong: str = ""

    @property
    def is_shared(self) -> bool:
        """Return whether data lives in a server that other machines can reach too."""
        return bool(self.url) and self.sqlite_file is None


IN_MEMORY = StorageLocation()


def named_location(text: str, folder: Path, files: Path | None = None) -> StorageLocation:
    """Return the location the operator's variable names; a relative path starts at `folder`.

    `files`: where other files of ours go if the database is none. Raises StorageLocationWrong.
    """
    url = read_url(OWN_URL, text)
    if url.get_backend_name() == POSTGRES:
        return postgres_location(url, folder=files)
    file = file_of(url, folder)
    if file is None:
        raise StorageLocationWrong(OWN_URL, "must name a file, as in sqlite:////data/openrouter_pipe.db")
    return sqlite_location(file)


def sqlite_location(file: Path) -> StorageLocation:
    """Return the location of a database file, which must be an absolute path."""
    url = URL.create(_DRIVERS[SQLITE], database=str(file))
    key_file = file.with_name(KEY_FILE)
    return StorageLocation(url.render_as_string(), sqlite_file=file, key_file=key_file, folder=file.parent)


def postgres_location(url: URL, schema: str = "", folder: Path | None = None) -> StorageLocation:
    """Return the location for our driver; what other drivers call `ssl` is libpq's `sslmode`."""
    query = dict(url.query)
    mode = query.pop("ssl", None)
    if mode is not None:
        query.setdefault("sslmode", mode)
    named = url.set(drivername=_DRIVERS[POSTGRES], query=query)
    return StorageLocation(named.render_as_string(hide_password=False), schema, folder=folder)


def read_url(variable: str, text: str) -> URL:
    """Read a URL in any of the spellings in use; its driver is left as it is. Raises StorageLocationWrong."""
    scheme, separator, rest = text.partition("://")
    try:
        url = make_url(f"postgresql://{rest}" if separator and scheme == "postgres" else text)
    except (ArgumentError, ValueError):
        raise StorageLocationWrong(variable, "is no database URL") from None  # the cause quotes it
    if url.drivername.partition("+")[0] not in _DRIVERS:
        raise StorageLocationWrong(variable, "names neither a PostgreSQL nor a SQLite database")
    return url


def file_of(url: URL, folder: Path) -> Path | None:
    """Return the file of a SQLite URL, None if it names none."""
    path = url.database or ""
    if not path or path.startswith((":memory:", "file:")):
        return None
    return absolute(path, folder)


def absolute(path: str, folder: Path) -> Path:
    """Return a path without dots; a relative one starts at `folder`."""
    return Path(os.path.abspath(folder / path))
