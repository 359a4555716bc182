"""What everything of one core stands on: time, threads, log, and the places where things are stored."""

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from adapters.process.state import shared_state
from adapters.process.threads import ThreadOffload
from domain.services.store_budget import StoreHealth
from entrypoints.core.core_redis import CoreRedis
from entrypoints.core.core_telemetry import CoreTelemetry
from entrypoints.core.redis_location import RedisLocation
from entrypoints.core.secret_mask import SecretMask
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import StorageLocation
from entrypoints.core.storage_vault import SealedWith
from ports.clock import Clock
from ports.ids import Ids
from ports.offload import Offload


@dataclass(frozen=True, slots=True)
class Foundation:
    """Belongs to one event loop. `store` is the health of the database at `location`, which `storage` opens."""

    redact: SecretMask
    clock: Clock
    ids: Ids
    offload: Offload
    telemetry: CoreTelemetry
    location: StorageLocation
    storage: Storage
    redis: CoreRedis
    store: StoreHealth


def open_foundation(
    stack: AsyncExitStack, location: StorageLocation, redis_of_host: RedisLocation, sealed_with: SealedWith
) -> Foundation:
    """Open what a core stands on; `stack` closes it. It connects to nothing before it needs to.

    `sealed_with` learns which key encrypts what is stored.
    """
    redact, clock, ids, offload = SecretMask(os.environ, location.url), SystemClock(), SystemIds(), ThreadOffload()
    stack.push_async_callback(offload.aclose)
    telemetry = CoreTelemetry(redact, shared_state(), clock, offload)
    storage = Storage(location, clock=clock, offload=offload, telemetry=telemetry, sealed_with=sealed_with)
    stack.push_async_callback(storage.aclose)
    stack.push_async_callback(telemetry.metrics.aclose)
    redis = CoreRedis(redis_of_host, clock, offload, telemetry)
    stack.push_async_callback(redis.aclose)
    store = StoreHealth(clock, telemetry, telemetry.metrics)
    return Foundation(redact, clock, ids, offload, telemetry, location, storage, redis, store)
