"""The caches that keep the model list for the next load, process and replica, nearest first."""

from adapters.disk.cache import DiskCache
from adapters.process.cache import ProcessCache
from adapters.process.state import shared_state
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyCache
from entrypoints.core.storage_place import Place
from ports.cache import Cache


def catalog_caches(place: Place, storage: Storage) -> tuple[Cache, ...]:
    """Return the caches of one core: this process's memory, this machine's disk, and a database shared by replicas."""
    caches: list[Cache] = [ProcessCache(shared_state())]
    if place.folder is not None:
        caches.append(DiskCache(place.folder))
    if place.is_shared:
        caches.append(LazyCache(storage))
    return tuple(caches)
