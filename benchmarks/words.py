"""One word a read, as real models send them: CPU from the bytes in the socket to the chunk the host gets.

Upstream is another process. aiohttp alone reads the same stream and looks at nothing.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

from aiohttp import ClientSession

from benchmarks.bare_pipe import Pipe as BarePipe
from benchmarks.report import Broken, Line, absolute, difference
from benchmarks.rounds import check_words
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator
from entrypoints.openwebui.pipe import Pipe

COUNT, RATE = 1_000, 250
SLUG = f"sim/deltas-{COUNT}-rate-{RATE}"
ROUNDS = 3
AT_MOST = 20.0
LOWEST_SHARE = 0.7
"""Of the words that must have come in a read of their own; with fewer the figures say nothing."""

Read = Callable[[], Awaitable[int]]


async def measure_words(address: str) -> list[Line]:
    """Measure aiohttp alone, the bare pipe and ours in alternating rounds."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        bare, ours = _pipe(BarePipe(), address), _pipe(Pipe(), address)  # type: ignore[no-untyped-call]
        bare.session = await stack.enter_async_context(ClientSession())
        sides: dict[str, Read] = {
            "alone": lambda: _alone(http, address),
            "bare": lambda: _through(bare),
            "ours": lambda: _through(ours),
        }
        figures: dict[str, list[float]] = {side: [] for side in sides}
        for number in range(ROUNDS + 1):
            for side, read in sides.items():
                used = await _cpu(read)
                if number:  # the first round warms up
                    figures[side].append(used)
    alone, plain, mine = (median(figures[side]) for side in sides)
    return [
        difference("per word, one a read: CPU of ours above aiohttp's own read", mine, alone, "µs", AT_MOST),
        absolute("per word, one a read: CPU of ours beside the bare pipe", mine, "µs", bare=plain),
    ]


async def _cpu(read: Read) -> float:
    """Return the CPU time (µs) of one read, all threads counted."""
    before = time.process_time()
    pieces = await read()
    used = time.process_time() - before
    if pieces < COUNT * LOWEST_SHARE:
        raise Broken(f"one word a read: only {pieces} pieces of {COUNT}")
    return used / pieces * 1e6


async def _alone(http: ClientSession, address: str) -> int:
    body = {"model": SLUG, "stream": True, "input": "hi"}
    headers = {"Authorization": f"Bearer {SIMULATOR_KEY}"}
    reads = 0
    async with http.post(f"{address}/responses", json=body, headers=headers) as answer:
        answer.raise_for_status()
        while await answer.content.readany():
            reads += 1
    return reads


def _pipe(pipe: Any, address: str) -> Any:
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, SIMULATOR_KEY
    return pipe


async def _through(pipe: Any) -> int:
    body = {"model": f"any.{SLUG}", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    said: list[str] = []
    chunks: AsyncIterator[Any] = await pipe.pipe(body)
    async for payload in chunks:
        chunk = json.loads(payload[6:]) if isinstance(payload, str) and payload.startswith("data: {") else payload
        content = chunk["choices"][0]["delta"].get("content") if isinstance(chunk, dict) and chunk["choices"] else ""
        if content:
            said.append(content)
    check_words("".join(said), COUNT, "one word a read")
    return len(said)


def main() -> None:
    """Print the lines: `python -m benchmarks.words`."""
    with running_simulator() as address:
        for line in asyncio.run(measure_words(address)):
            print(line.text())


if __name__ == "__main__":
    main()
