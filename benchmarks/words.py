"""One word per read, as real models send them: CPU from the received bytes to the chunk for the host.

The judged line feeds each frame to aiohttp's reader as its connection would, so that only the processing of the bytes
is measured: the baseline is aiohttp reading them and ignoring their content. The other lines read from a socket; there
the kernel and an event loop that sleeps between two words cost most, and other processes disturb the measurement.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

from aiohttp import ClientSession

from benchmarks.bare_pipe import Pipe as BarePipe
from benchmarks.fed_words import measure_fed_words
from benchmarks.report import Broken, Line, difference, ratio
from benchmarks.rounds import check_words
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator
from entrypoints.openwebui.pipe import Pipe

COUNT, RATE = 1_000, 250
SLUG = f"sim/deltas-{COUNT}-rate-{RATE}"
ROUNDS = 3
LOWEST_SHARE = 0.7
"""Share of the words that must have arrived in a read of their own; below it the figures are meaningless."""

Read = Callable[[], Awaitable[list[Any]]]


async def measure_words(address: str) -> list[Line]:
    """Measure aiohttp alone, the bare pipe and ours in alternating rounds."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(ClientSession())
        bare, ours = _pipe(BarePipe(), address), _pipe(Pipe(), address)
        stack.push_async_callback((await ours._core.service()).aclose)
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
        await measure_fed_words(),
        difference("per word, one a read of a socket: CPU of ours above aiohttp's read", mine, alone, "µs"),
        ratio("per word, one a read of a socket: CPU of ours and the bare pipe", mine, plain, "µs"),
    ]


async def _cpu(read: Read) -> float:
    """Return the CPU time (us) of one read, over all threads; the answer is checked afterwards."""
    before = time.process_time()
    pieces = await read()
    used = time.process_time() - before
    said = [piece for piece in map(_said, pieces) if piece]
    if len(said) < COUNT * LOWEST_SHARE:
        raise Broken(f"one word a read: only {len(said)} pieces of {COUNT}")
    if not isinstance(pieces[0], bytes):
        check_words("".join(said), COUNT, "one word a read")
    return used / len(said) * 1e6


async def _alone(http: ClientSession, address: str) -> list[Any]:
    body = {"model": SLUG, "stream": True, "input": "hi"}
    headers = {"Authorization": f"Bearer {SIMULATOR_KEY}"}
    reads: list[Any] = []
    async with http.post(f"{address}/responses", json=body, headers=headers) as answer:
        answer.raise_for_status()
        while data := await answer.content.readany():
            reads.append(data)
    return reads


def _pipe(pipe: Any, address: str) -> Any:
    pipe.valves.BASE_URL, pipe.valves.API_KEY = address, SIMULATOR_KEY
    return pipe


async def _through(pipe: Any) -> list[Any]:
    body = {"model": f"any.{SLUG}", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
    return [payload async for payload in await pipe.pipe(body)]


def _said(piece: Any) -> str:
    """Return the text of a chunk in any form the host receives; for a bare read, a placeholder."""
    if isinstance(piece, bytes):
        return "read"
    chunk = json.loads(piece.removeprefix("data: ")) if isinstance(piece, str) and "{" in piece else piece
    choices = chunk["choices"] if isinstance(chunk, dict) else ()
    return str(choices[0]["delta"].get("content", "")) if choices else ""


def main() -> None:
    """Print the lines: `python -m benchmarks.words`."""
    with running_simulator() as address:
        for line in asyncio.run(measure_words(address)):
            print(line.text())


if __name__ == "__main__":
    main()
