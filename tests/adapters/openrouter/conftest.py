"""Clients and pools for tests of the OpenRouter adapter."""

from collections.abc import AsyncIterator

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from tests.doubles.telemetry import RecordedTelemetry


@pytest.fixture
def telemetry() -> RecordedTelemetry:
    return RecordedTelemetry()


@pytest.fixture
async def pool(telemetry: RecordedTelemetry) -> AsyncIterator[SessionPool]:
    pool = SessionPool(telemetry)
    yield pool
    await pool.aclose()


@pytest.fixture
def client(pool: SessionPool, telemetry: RecordedTelemetry) -> AioResponsesClient:
    return AioResponsesClient(pool, SystemClock(), telemetry, lambda: 20)
