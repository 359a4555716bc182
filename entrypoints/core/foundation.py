"""What everything of one core stands on: time, threads, log, and the places where things are stored."""

from dataclasses import dataclass

from domain.services.store_budget import StoreHealth
from entrypoints.core.core_redis import CoreRedis
from entrypoints.core.core_telemetry import CoreTelemetry
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import StorageLocation
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload


@dataclass(frozen=True, slots=True)
class Foundation:
    """Belongs to one event loop. `store` is the health of the database at `location`, which `storage` opens."""

    clock: Clock
    ids: Ids
    offload: Offload
    telemetry: CoreTelemetry
    location: StorageLocation
    storage: Storage
    redis: CoreRedis
    store: StoreHealth
