"""Where the list of models is kept for the next load, process and replica: from the nearest to the farthest."""

from collections.abc import Mapping
from pathlib import Path

from adapters.disk.cache import DiskCache
from adapters.process.cache import ProcessCache
from adapters.process.state import shared_state
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyCache
from entrypoints.core.storage_place import data_folder, host_storage, is_shared
from ports.cache import Cache


def catalog_caches(environ: Mapping[str, str], storage: Storage) -> tuple[Cache, ...]:
    """Return the caches of one runtime: other loads of this process, this machine's disk, and a shared database."""
    host, folder = host_storage(environ), Path.cwd()
    near = ProcessCache(shared_state()), DiskCache(data_folder(environ, host, folder))
    return (*near, LazyCache(storage)) if is_shared(environ, host, folder) else near
