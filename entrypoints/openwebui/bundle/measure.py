"""Measure what a host feels while the single file loads: `python -m entrypoints.openwebui.bundle.measure FILE`.

An event loop ticks every millisecond; the longest gap between two ticks is what its users would have waited.
"""

import asyncio
import importlib
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel, Field, PrivateAttr, model_validator

_HOST_HAS = ("aiohttp", "ssl", "email.message")  # imported before anything is measured
_PACKAGES = ("structlog", "dependency_injector.providers", "dependency_injector.containers", "orjson", "ulid")
_TICK = 0.001  # s


class _Warm(BaseModel):
    """Makes pydantic load what it loads at the first model; every host has done that long before."""

    _private: dict[str, object] = PrivateAttr(default_factory=dict)
    field: str = Field(default="", description="any")

    _check = model_validator(mode="after")(lambda self: self)


async def longest_gap(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return how long `work` took and the longest gap between two ticks of the loop meanwhile, both in ms."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(_TICK)
            now = time.perf_counter()
            gaps.append(now - last - _TICK)
            last = now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    gaps.clear()
    start = time.perf_counter()
    await work()
    took = time.perf_counter() - start
    await asyncio.sleep(2 * _TICK)
    ticking.cancel()
    return took * 1000, max(gaps) * 1000


def execute(text: str, name: str) -> tuple[ModuleType, float]:
    """Run the file as a host does; return the module and the milliseconds it took, compiling included."""
    module = ModuleType(name)
    sys.modules[name] = module
    start = time.perf_counter()
    exec(text, module.__dict__)  # noqa: S102 - the file to be measured
    return module, (time.perf_counter() - start) * 1000


async def _import_in_thread(name: str) -> None:
    """Import in a fresh thread, as the pipe does; raises what the import raises."""
    imported: Future[ModuleType] = Future()

    def work() -> None:
        try:
            imported.set_result(importlib.import_module(name))
        except ImportError as error:
            imported.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    await asyncio.wrap_future(imported)


def _timed(module: ModuleType) -> dict[str, float]:
    """Note for each carried module how long compiling and running it took, without those it imports; ms."""
    own: dict[str, float] = {}
    running: list[float] = []
    embedded = module.__dict__["_EMBEDDED"]
    run = embedded.exec_module

    def timed(loaded: ModuleType) -> None:
        start = time.perf_counter()
        running.append(0.0)
        run(loaded)
        took = (time.perf_counter() - start) * 1000
        own[loaded.__name__.partition(".")[2]] = took - running.pop()
        if running:
            running[-1] += took

    embedded.exec_module = timed
    return own


async def measure(text: str) -> list[str]:
    """Return the lines of a report."""
    lines = []

    def report(what: str, took: float, gap: float) -> None:
        lines.append(f"{what:<44}{took:8.1f} ms   longest stall {gap:6.1f} ms")

    for name in _HOST_HAS:
        importlib.import_module(name)
    report("doing nothing", *await longest_gap(lambda: asyncio.sleep(0.3)))
    for name in _PACKAGES:
        report(f"import {name}", *await longest_gap(partial(_import_in_thread, name)))
    for load in ("first", "second"):
        module, took = execute(text, f"function_measured_{load}")
        report(f"{load} exec of the file (on the loop)", took, took)
        own = _timed(module)
        pipe = module.__dict__["Pipe"]()
        report(f"{load} load of its modules (in a thread)", *await longest_gap(pipe._core.service))
        slowest = sorted(own.items(), key=lambda item: -item[1])[:5]
        lines.append("    slowest: " + ", ".join(f"{name} {took:.1f}" for name, took in slowest))
        module.__dict__["_EMBEDDED"].unload()
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(asyncio.run(measure(Path(sys.argv[1]).read_text("utf-8")))) + "\n")
