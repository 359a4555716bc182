"""One simulator per test, on a free loopback port."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from entrypoints.simulator.server import Simulator, running_simulator
from tests.entrypoints.simulator.reading import Caller


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture
async def caller(simulator: Simulator) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(simulator.url, session)
