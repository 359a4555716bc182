"""All stores of one connection to Redis."""

from dataclasses import dataclass

from adapters.redis.address import address_of
from adapters.redis.breaker_state import RedisBreakerState
from adapters.redis.cache import RedisCache
from adapters.redis.connection import RedisConnection
from adapters.redis.cost_snapshots import RedisCostSnapshots
from adapters.redis.leases import RedisLeases
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
