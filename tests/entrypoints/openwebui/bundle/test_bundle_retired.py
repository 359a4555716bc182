"""Saving the function again and again: loads that were replaced let go of everything they brought."""

import asyncio
import gc
import random
import socket
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from weakref import ref

import pytest
from redis import Redis

from adapters.process.state import ENTRY, shared_state
from entrypoints.devhost.upstream import SIMULATOR_KEY
from entrypoints.openwebui.bundle.build import build
from entrypoints.settings import SETTINGS
from entrypoints.simulator.server import Simulator, running_simulator
from tests.doubles.leftovers import tasks_left, threads_left
from tests.doubles.redis_server import empty_redis_url, redis_url
from tests.entrypoints.core.test_nothing_left import WORKERS
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY

SAVES = 4
HANGS_SECONDS = 120.0
BODY = {"model": "openrouter.sim/deltas-20", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
IDS = {"__chat_id__": "c", "__message_id__": "m", "__session_id__": "s"}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with running_simulator(generation_delay=0) as running:
        yield running


@pytest.fixture(autouse=True)
def _a_process_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)


async def _swallow(_event: object) -> None:
    return


async def _saved(text: str, address: str, advanced: str = "") -> tuple[str, ref[type], Any]:
    """Load the file as a save does and use it; return the root name of its modules, its `Pipe`, and one pipe."""
    module = ModuleType("function_openrouter")
    exec(text, module.__dict__)
    pipe: Any = module.Pipe()
    pipe.valves = module.Pipe.Valves(API_KEY=SIMULATOR_KEY, BASE_URL=address, ADVANCED=advanced)
    await pipe.pipes()
    for ids in ({}, {**IDS, "__event_emitter__": _swallow}):
        async for _ in await pipe.pipe(BODY, __user__={"id": "u", "role": "user"}, **ids):
            pass
    return str(module._EMBEDDED._source.root), ref(module.Pipe), pipe


async def _closed(roots: list[str]) -> None:
    """Wait until the loads have closed: each forgets its modules, then its code has been written down."""
    await _come_true(lambda: not (any(name.partition(".")[0] in roots for name in sys.modules) or _keeping()))


async def _come_true(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANGS_SECONDS):
        while not holds():
            await asyncio.sleep(0.01)


def _keeping() -> bool:
    """Return whether the compiled code of a load is not written yet; that of the newest takes some seconds."""
    return any(one.name == "openrouter-pipe-keep-code" for one in threading.enumerate())


def _living(roots: list[str]) -> Counter[str]:
    """Count the classes and modules of each load that something still holds."""
    gc.collect()
    found = [str(one.__module__) for one in gc.get_objects() if isinstance(one, type)]
    found += [one.__name__ for one in gc.get_objects() if isinstance(one, ModuleType)]
    return Counter(root for name in found if (root := name.partition(".")[0]) in roots)


def _switched_on() -> str:
    """Return the lines that switch all background work on; a new worker needs no line here."""
    names = [row.name for row in SETTINGS if row.kind == "bool" and row.rule.advanced and row.name.endswith(WORKERS)]
    return "\n".join([f"METRICS_PORT={_free()}", *(f"{name}=true" for name in names)])


def _free() -> int:
    while True:
        port = random.randrange(10_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _another(text: str, version: int) -> str:
    """Return the file as another version of it, which shares no modules with this one."""
    return text.replace('EmbeddedModules("openrouter_pipe_', f'EmbeddedModules("openrouter_pipe_{version}_')


async def test_saves_without_a_change_share_one_load_and_the_replaced_files_go(simulator: Simulator) -> None:
    text = build(REPOSITORY).text
    saves = [await _saved(text, simulator.url) for _ in range(SAVES)]
    *replaced, (newest, _, pipe) = saves
    files = [file for _, file, _ in replaced]
    service, embedded = pipe._core._service, pipe.pipe.__func__.__globals__["_EMBEDDED"]
    saves.clear()
    replaced.clear()
    try:
        await _come_true(lambda: embedded._source._users == {embedded})
        gc.collect()

        assert [file() for file in files[1:]] == [None] * (SAVES - 2)  # the first one's loader is still in use
        assert _living([newest])[newest] > 100
    finally:
        await service.aclose()
        embedded.unload()
    assert not [name for name in sys.modules if name.partition(".")[0] == newest]


@pytest.mark.parametrize("advanced", ["", _switched_on()], ids=["as installed", "everything on"])
async def test_loads_replaced_by_saves_leave_no_class_and_no_module_behind(simulator: Simulator, advanced: str) -> None:
    text = build(REPOSITORY).text
    advanced = advanced and f"{advanced}\nCOSTS_REDIS_DUMP=true\nPIPE_REDIS_URL={empty_redis_url()}"
    files: dict[str, ref[type]] = {}
    for version in range(SAVES):
        root, files[root], pipe = await _saved(_another(text, version), simulator.url, advanced)
    *replaced, newest = files
    try:
        await _closed(replaced)

        living = _living([*replaced, newest])

        assert [root for root in replaced if living[root] or files[root]() is not None] == []
        assert living[newest] > 100
        if advanced:
            await _come_true(lambda: _turns_counted() >= 2 * SAVES)  # the newest may still settle its last turn
            assert _turns_counted() == 2 * SAVES
            assert _connections() == 1
            assert [one.name for one in threading.enumerate()].count("openrouter-pipe-metrics") == 1
    finally:
        service, embedded = pipe._core._service, pipe.pipe.__func__.__globals__["_EMBEDDED"]
        await service.aclose()
        embedded.unload()
    assert (tasks_left(), threads_left()) == ([], [])


def _connections() -> int:
    """Return how many loads are connected to Redis, this question apart."""
    with Redis.from_url(redis_url()) as other:
        return len(other.client_list()) - 1


def _turns_counted() -> int:
    """Return the turns that all loads together have counted."""
    families: Any = shared_state()["metrics"]["families"]  # type: ignore[index]
    return sum(families["turns"]["series"].values())
