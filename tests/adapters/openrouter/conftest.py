"""Clients and pools for tests of the OpenRouter adapter."""

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from tests.doubles.telemetry import RecordedTelemetry


@pytest.fixture
def telemetry():
    return RecordedTelemetry()


@pytest.fixture
async def pool(telemetry):
    pool = SessionPool(telemetry)
    yield pool
    await pool.aclose()


@pytest.fixture
def client(pool, telemetry):
    return AioResponsesClient(pool, SystemClock(), telemetry, lambda: 20)
