"""The whole pipe without a host: the service as the shell holds it, with the simulator as upstream."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.process.state import ENTRY
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator, running_simulator
from tests.entrypoints.openwebui.service.calling import Caller


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget what other tests left in the process, and the settings of whoever runs them."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)
    for name in (
        "OPENROUTER_API_KEY",
        "OPENROUTER_API_BASE_URL",
        "GLOBAL_LOG_LEVEL",
        "DATABASE_URL",
        "OPENROUTER_PIPE_DATABASE_URL",
    ):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture
async def load() -> AsyncIterator[Callable[[], PipeService]]:
    """Make loads of the pipe, which are closed after the test."""
    loads: list[PipeService] = []

    def make() -> PipeService:
        loads.append(PipeService("openrouter"))
        return loads[-1]

    yield make
    for service in loads:
        await service.aclose()


@pytest.fixture
def caller(load: Callable[[], PipeService], simulator: Simulator) -> Caller:
    """Give a caller of a fresh load."""
    return Caller(load(), simulator.url)
