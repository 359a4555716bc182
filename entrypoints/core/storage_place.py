"""Where data lives: what the operator names, else the host's PostgreSQL, else a SQLite file beside the host's own.

Never in the host's SQLite file: its writers hold the lock while our changes would wait. Source: the architecture,
storage; Open WebUI `env.py` and `internal/db.py`, 0.6.28 to 0.12.4.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

OWN_URL = "OPENROUTER_PIPE_DATABASE_URL"
HOST_URL = "DATABASE_URL"
HOST_SCHEMA = "DATABASE_SCHEMA"
HOST_FOLDER = "DATA_DIR"
DATABASE_FILE = "openrouter_pipe.db"
KEY_FILE = "openrouter_pipe.key"
SQLITE, POSTGRES = "sqlite", "postgresql"
_DRIVERS = {SQLITE: "sqlite+aiosqlite", POSTGRES: "postgresql+psycopg"}


class StoragePlaceWrong(Exception):
    """A variable does not name a usable database. The text names the variable, never its value."""

    def __init__(self, variable: str, reason: str) -> None:
        super().__init__(f"{variable} {reason}")
        self.variable, self.reason = variable, reason


@dataclass(frozen=True, slots=True)
class HostStorage:
    """What the host says of its own storage, "" for what it does not say."""

    database_url: str = field(default="", repr=False)
    data_folder: str = ""
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where data lives. `url` may hold a password. `schema`: "" is the connection's own.

    `sqlite_file` and `key_file` are absolute, None on PostgreSQL. `shared_with_host`: the database is the host's.
    """

    url: str = field(repr=False)
    schema: str = ""
    sqlite_file: Path | None = None
    key_file: Path | None = None
    shared_with_host: bool = False


def host_storage(environment: Mapping[str, str], modules: Mapping[str, ModuleType] = sys.modules) -> HostStorage:
    """Ask the host as it is loaded, without importing it; else the environment it would read."""
    host = modules.get("open_webui.env")

    def told(name: str) -> str:
        value = getattr(host, name, None) or environment.get(name)
        return str(value).strip() if isinstance(value, str | os.PathLike) else ""

    return HostStorage(told(HOST_URL), told(HOST_FOLDER), told(HOST_SCHEMA))


def storage_place(environment: Mapping[str, str], host: HostStorage, folder: Path) -> Place:
    """Choose the place. Relative paths start at `folder`, the working directory. Raises StoragePlaceWrong."""
    own = environment.get(OWN_URL, "").strip()
    if own:
        return _named_place(own, folder)
    url = _read(HOST_URL, host.database_url) if host.database_url else None
    if url is not None and url.get_backend_name() == POSTGRES:
        return Place(_postgres(url), host.schema, shared_with_host=True)
    return _sqlite(_beside(url, host, folder) / DATABASE_FILE)


def data_folder(environment: Mapping[str, str], host: HostStorage, folder: Path) -> Path:
    """Return the folder for files of ours: that of our database file, else the host's data. It may be absent."""
    place = _place_or_none(environment, host, folder)
    file = place.sqlite_file if place is not None else None
    return file.parent if file is not None else _absolute(host.data_folder or "data", folder)


def is_shared(environment: Mapping[str, str], host: HostStorage, folder: Path) -> bool:
    """Tell whether data lives in a server that other machines can reach too."""
    place = _place_or_none(environment, host, folder)
    return place is not None and place.sqlite_file is None


def _place_or_none(environment: Mapping[str, str], host: HostStorage, folder: Path) -> Place | None:
    try:
        return storage_place(environment, host, folder)
    except StoragePlaceWrong:  # the log has it when the stores are opened
        return None


def _named_place(text: str, folder: Path) -> Place:
    url = _read(OWN_URL, text)
    if url.get_backend_name() == POSTGRES:
        return Place(_postgres(url))
    file = _file_of(url, folder)
    if file is None:
        raise StoragePlaceWrong(OWN_URL, "must name a file, as in sqlite:////data/openrouter_pipe.db")
    return _sqlite(file)


def _read(variable: str, text: str) -> URL:
    """Read a URL in any of the spellings in use; its driver is left as it is."""
    scheme, separator, rest = text.partition("://")
    try:
        url = make_url(f"postgresql://{rest}" if separator and scheme == "postgres" else text)
    except (ArgumentError, ValueError):
        raise StoragePlaceWrong(variable, "is no database URL") from None  # the cause quotes it
    if url.drivername.partition("+")[0] not in _DRIVERS:
        raise StoragePlaceWrong(variable, "names neither a PostgreSQL nor a SQLite database")
    return url


def _postgres(url: URL) -> str:
    """Return the URL for our driver; what other drivers call `ssl` is libpq's `sslmode`."""
    query = dict(url.query)
    mode = query.pop("ssl", None)
    if mode is not None:
        query.setdefault("sslmode", mode)
    return url.set(drivername=_DRIVERS[POSTGRES], query=query).render_as_string(hide_password=False)


def _sqlite(file: Path) -> Place:
    url = URL.create(_DRIVERS[SQLITE], database=str(file))
    return Place(url.render_as_string(), sqlite_file=file, key_file=file.with_name(KEY_FILE))


def _beside(url: URL | None, host: HostStorage, folder: Path) -> Path:
    """Return the folder of the host's database file; of its other data where it has no such file."""
    file = _file_of(url, folder) if url is not None else None
    return file.parent if file is not None else _absolute(host.data_folder or "data", folder)


def _file_of(url: URL, folder: Path) -> Path | None:
    path = url.database or ""
    if not path or path.startswith((":memory:", "file:")):
        return None
    if url.drivername == "sqlite+sqlcipher":
        path = f"/{path.lstrip('/')}"  # hosts cut scheme and two slashes off: three make a path absolute there
    return _absolute(path, folder)


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.abspath(folder / path))
