"""Choose where data is stored: as the operator says, else in the host's PostgreSQL, else in a file beside the host's.

Never in the host's SQLite file: our writes would wait for the host's locks. Source: the architecture, storage; Open
WebUI `env.py` and `internal/db.py`, 0.6.28 to 0.12.4.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from sqlalchemy.engine import URL

from entrypoints.core.storage_location import (
    DATABASE_FILE,
    OWN_URL,
    POSTGRES,
    StorageLocation,
    StorageLocationWrong,
    absolute,
    file_of,
    named_location,
    postgres_location,
    read_url,
    sqlite_location,
)

HOST_URL = "DATABASE_URL"
HOST_SCHEMA = "DATABASE_SCHEMA"
HOST_FOLDER = "DATA_DIR"


@dataclass(frozen=True, slots=True)
class HostStorage:
    """The host's own storage; "" for values it does not state."""

    database_url: str = field(default="", repr=False)
    data_folder: str = ""
    schema: str = ""


def host_storage(environment: Mapping[str, str], modules: Mapping[str, ModuleType] = sys.modules) -> HostStorage:
    """Read the storage from the loaded host without importing it; else from the environment it would read."""
    host = modules.get("open_webui.env")

    def named(name: str) -> str:
        value = getattr(host, name, None) or environment.get(name)
        return str(value).strip() if isinstance(value, str | os.PathLike) else ""

    return HostStorage(named(HOST_URL), named(HOST_FOLDER), named(HOST_SCHEMA))


def location_beside_host(environment: Mapping[str, str]) -> StorageLocation:
    """Return the location for data beside the loaded host; an invalid one carries its problem."""
    host = host_storage(environment)
    try:
        folder = Path.cwd()
    except OSError:
        return StorageLocation(wrong="the working directory is gone")
    try:
        return storage_location(environment, host, folder)
    except StorageLocationWrong as error:
        return StorageLocation(folder=_data_folder(host, folder), wrong=str(error))


def storage_location(environment: Mapping[str, str], host: HostStorage, folder: Path) -> StorageLocation:
    """Choose the location. Relative paths start at `folder`, the working directory. Raises StorageLocationWrong."""
    own, files = environment.get(OWN_URL, "").strip(), _data_folder(host, folder)
    if own:
        return named_location(own, folder, files)
    url = read_url(HOST_URL, host.database_url) if host.database_url else None
    if url is not None and url.get_backend_name() == POSTGRES:
        return postgres_location(url, host.schema, files)
    return sqlite_location(_beside(url, host, folder) / DATABASE_FILE)


def _data_folder(host: HostStorage, folder: Path) -> Path:
    return absolute(host.data_folder or "data", folder)


def _beside(url: URL | None, host: HostStorage, folder: Path) -> Path:
    """Return the folder of the host's database file, or of its other data if it has no such file."""
    if url is not None and url.drivername == "sqlite+sqlcipher":
        path = (url.database or "").lstrip("/")  # hosts strip scheme and `//`; a third slash makes the path absolute
        url = url.set(database=f"/{path}" if path else "")
    file = file_of(url, folder) if url is not None else None
    return file.parent if file is not None else _data_folder(host, folder)
