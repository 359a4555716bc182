"""The caches that keep the model list for the next load, process and replica, nearest first."""

from adapters.disk.cache import DiskCache
from adapters.process.cache import ProcessCache
from adapters.process.state import shared_state
from entrypoints.core.core_redis import CoreRedis
from entrypoints.core.shared_stores import SharedCache
from entrypoints.core.storage import Storage
from entrypoints.core.storage_lazy import LazyCache
from entrypoints.core.storage_location import StorageLocation
from ports.cache import Cache


def catalog_caches(location: StorageLocation, storage: Storage, redis: CoreRedis) -> tuple[Cache, ...]:
    """Return the caches of one core: this process's memory, this machine's disk, and what replicas share: Redis where
    it is used, and a database on a server.
    """
    caches: list[Cache] = [ProcessCache(shared_state())]
    if location.folder is not None:
        caches.append(DiskCache(location.folder))
    caches.append(SharedCache(redis))
    if location.is_shared:
        caches.append(LazyCache(storage))
    return tuple(caches)
