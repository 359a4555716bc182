"""A core that used all of its background work leaves no task, thread, socket or file behind.

The settings that switch such work on are found by their names: a new worker needs no line here.
"""

import asyncio
import gc
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.process.state import ENTRY
from domain.request.turn_request import Person
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.openai.completion import collect
from entrypoints.settings import SETTINGS, Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.threads import SimulatorThread
from ports.offload import LARGE
from tests.doubles.leftovers import open_files, tasks_left, threads_left
from tests.patience import PATIENCE

WORKERS = ("_LOG", "_ENABLED", "OPENTELEMETRY")
"""Endings of the settings that switch background work on."""
ON: dict[str, Any] = {row.attribute: True for row in SETTINGS if row.kind == "bool" and row.name.endswith(WORKERS)}


@pytest.fixture(autouse=True)
def a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorThread]:
    with SimulatorThread() as running:
        yield running


def free() -> int:
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


async def used(core: Core, settings: Settings) -> None:
    """Take turns that are remembered, one of which fails, and work in a thread."""
    async with asyncio.timeout(PATIENCE):
        while not (listing := await core.models.listing(settings)).models:
            await asyncio.sleep(0.01)
    for model in ("sim/echo", "sim/thinking", "sim/error-402"):
        messages = ({"role": "user", "content": "hi"},)
        history = CallerHistory("gateway")
        asked = CallerRequest(model, messages, person=Person("ann", chat_id="c"), history=history)
        await collect(core.turn(asked, settings, listing)(asyncio.current_task()))
    await core.offload.run(lambda: None, size=LARGE)


async def scraped(port: int | None) -> None:
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    assert "openrouter_pipe_turns_total" in await answer.text()
                    return
            await asyncio.sleep(0.005)


async def test_a_closed_core_leaves_nothing_behind(simulator: SimulatorThread, tmp_path: Path) -> None:
    settings = replace(
        Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url, metrics_port=free()), **ON
    )
    for round_ in range(3):
        async with open_core(settings, sqlite_location(tmp_path / "store.db")) as core:
            await used(core, settings)
            await scraped(settings.metrics_port)
            with socket.create_connection(("127.0.0.1", settings.metrics_port or 0)) as slow:  # and says nothing
                assert threads_left() != []
                await core.aclose()
            assert slow.fileno() < 0
        gc.collect()
        assert (tasks_left(), threads_left()) == ([], [])
        if not round_:  # what libraries open once and keep
            before = open_files()
    assert open_files() - before == {}
    assert (tmp_path / "logs" / "timing.jsonl").stat().st_size > 0
