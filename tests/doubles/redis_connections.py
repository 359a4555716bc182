"""Connections of ours to the redis-server that all tests of a process share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.redis.address import address_of
from adapters.redis.connection import Patience, RedisConnection
from tests.doubles.clock import FakeClock
from tests.doubles.redis_server import empty_redis_url, redis_url
from tests.doubles.telemetry import RecordedTelemetry

PATIENT = Patience(command=20.0, opening=20.0)
"""For tests whose subject is not time: the machine may be busy."""


@asynccontextmanager
async def empty_redis() -> AsyncIterator[RedisConnection]:
    """Empty the server and open a connection."""
    empty_redis_url()
    async with another_connection() as connection:
        yield connection


@asynccontextmanager
async def another_connection(url: str = "") -> AsyncIterator[RedisConnection]:
    """Open one more connection, to the shared server unless a URL is given."""
    connection = connection_to(url or redis_url())
    try:
        yield connection
    finally:
        await connection.aclose()


def connection_to(url: str) -> RedisConnection:
    """Return a connection with a clock and a log of its own, which its owner closes."""
    return RedisConnection(address_of(url), FakeClock(), RecordedTelemetry(), PATIENT)
