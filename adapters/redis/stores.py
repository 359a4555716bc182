"""All stores of one connection to Redis."""

from dataclasses import dataclass

from adapters.redis.address import address_of
from adapters.redis.artifact_flusher import WriteBehind
from adapters.redis.artifacts import RedisArtifacts
from adapters.redis.breaker_state import RedisBreakerState
from adapters.redis.cache import RedisCache
from adapters.redis.connection import RedisConnection
from adapters.redis.cost_snapshots import RedisCostSnapshots
from adapters.redis.leases import RedisLeases
from ports.artifacts import QueuedArtifactStore
from ports.clock import Clock
from ports.telemetry import Telemetry

CACHE_SECONDS = 86_400
"""How long the list of models is kept."""


@dataclass(frozen=True, slots=True)
class RedisStores:
    """Stores that share one connection."""

    connection: RedisConnection
    cache: RedisCache
    breakers: RedisBreakerState
    leases: RedisLeases
    costs: RedisCostSnapshots
    write_behind: type[WriteBehind] = WriteBehind

    def artifacts(
        self, before: QueuedArtifactStore, worker: str, clock: Clock, telemetry: Telemetry, options: WriteBehind
    ) -> RedisArtifacts:
        """Make a store of artifacts before another one; `worker` names this one among all."""
        return RedisArtifacts(self.connection, before, worker=worker, clock=clock, telemetry=telemetry, options=options)


def open_redis(url: str, clock: Clock, telemetry: Telemetry) -> RedisStores:
    """Make the stores of one event loop; nothing connects yet. Raises RedisAddressWrong."""
    connection = RedisConnection(address_of(url), clock, telemetry)
    return RedisStores(
        connection,
        RedisCache(connection, CACHE_SECONDS),
        RedisBreakerState(connection),
        RedisLeases(connection),
        RedisCostSnapshots(connection),
    )
