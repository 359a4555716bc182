"""Memory of a thousand open streams through service, driver, presenter and adapter.

`python -m benchmarks.streams ours|bare rss|objects URL` measures in a process of its own and prints the bytes per
stream; upstream is another process.
"""

import asyncio
import gc
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector

from benchmarks.bare_pipe import Pipe as BarePipe
from benchmarks.report import Broken, Line, absolute
from entrypoints.devhost.upstream import ROOT, SIMULATOR_KEY
from entrypoints.openwebui.pipe import Pipe

STREAMS, WARM_UP = 1_000, 50
SLUG = "sim/deltas-200-rate-2"
PIECES = 3
"""Frames that each reader has received when memory is measured."""

AT_MOST_KIB = 60.0
PATIENCE = 60.0


def measure_streams(address: str) -> Iterator[Line]:
    """Measure both sides, each in fresh processes: memory from the operating system, and Python objects."""
    for how, meaning in (("rss", "resident memory"), ("objects", "Python objects")):
        ours, bare = _measured("ours", how, address), _measured("bare", how, address)
        yield absolute(f"per open stream, {STREAMS:,} open: {meaning}", ours, "KiB", AT_MOST_KIB, bare)


def _measured(side: str, how: str, address: str) -> float:
    command = [sys.executable, "-m", "benchmarks.streams", side, how, address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
    if done.returncode:
        raise Broken(f"open streams, {side}: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
    return float(done.stdout) / 1024


async def per_stream(side: str, how: str, address: str) -> float:
    """Return the bytes that each of a thousand open streams adds to this process."""
    if how == "objects":
        tracemalloc.start()
    pipe = _pipe(side, address)
    async with _opened(pipe, WARM_UP):
        pass
    await asyncio.sleep(0.2)
    before = _memory(how)
    async with _opened(pipe, STREAMS):
        held = _memory(how) - before
    return held / STREAMS


def _pipe(side: str, address: str) -> Any:
    pipe: Any = BarePipe() if side == "bare" else Pipe()
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, SIMULATOR_KEY
    if isinstance(pipe, Pipe):
        pipe.valves.MAX_CONCURRENT_REQUESTS = 2 * STREAMS
    else:
        pipe.session = ClientSession(connector=TCPConnector(limit=0))  # the default limit is 100 connections
    return pipe


@asynccontextmanager
async def _opened(pipe: Any, count: int) -> AsyncIterator[None]:
    """Keep `count` streams open, each read by a task of its own as in a host."""
    flowing = [asyncio.Event() for _ in range(count)]
    readers = [asyncio.create_task(_read(pipe, number, event)) for number, event in enumerate(flowing)]
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(event.wait() for event in flowing))
        yield
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)


async def _read(pipe: Any, number: int, flowing: asyncio.Event) -> None:
    body = {"model": f"any.{SLUG}", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    ids = {"__chat_id__": f"c{number}", "__message_id__": f"m{number}", "__session_id__": f"s{number}"}
    in_page = {"__event_emitter__": _swallow, **ids} if isinstance(pipe, Pipe) else {}
    seen = 0
    async for _ in await pipe.pipe(body, **in_page):
        seen += 1
        if seen == PIECES:
            flowing.set()


async def _swallow(event: object) -> None:
    del event


def _memory(how: str) -> int:
    gc.collect()
    if how == "objects":
        return tracemalloc.get_traced_memory()[0]
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _main() -> None:
    side, how, address = sys.argv[1:]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(asyncio.run(per_stream(side, how, address)))


if __name__ == "__main__":
    _main()
