"""Tools: the overhead of running them, the cost of a page's tools per turn, and memory at full load.

The bare side gathers the same coroutines and nothing else. Ours is a whole turn from request to end, with two calls of
an upstream that answers at once, stores on a disk, and tool starts forced to the disk.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from adapters.process.clock import SystemClock
from adapters.process.ids import SystemIds
from benchmarks.report import Broken, Line, absolute, difference
from benchmarks.rounds import BARE, OURS, Samples, alternating, medians
from benchmarks.tools_offer import measure_offer
from benchmarks.tools_rig import MODEL, Asking, Owner, Room, Weather, opened, request, until
from domain.services.equip_turn import EquipTurn
from domain.services.journal_calls import JournalCalls
from domain.services.run_turn import Personal, RunTurn
from domain.services.store_budget import StoreHealth
from domain.services.turn_stores import TurnStores
from domain.tools.registry import merged
from domain.turn.steps import Ended, Reason
from ports.toolbox import ToolCall, ToolRequest, ToolResult

CALLS, SECONDS, ROUNDS, WARM = 8, 0.02, 61, 5
PLACES, LINE, BATCH, WAVES, SETTLED = 200, 1_000, 100, 5, 2
A_CALL, KEPT_KB = 1.0, 64.0


def measure_tools() -> Iterator[Line]:
    """Measure all of it."""
    yield from measure_offer()
    yield from asyncio.run(_measured())


async def _measured() -> list[Line]:
    with TemporaryDirectory() as folder:
        async with opened(Path(folder)) as room:
            return [line async for line in _rounds(room)] + await _full(room)


async def _rounds(room: Room) -> AsyncIterator[Line]:
    tools, owner, upstream = Weather(SECONDS), Owner(), Asking(CALLS)
    run_turn = room.run_turn(upstream)  # one for a process, as in the host
    equip = EquipTurn(room.ports, offload=room.offload, clock=SystemClock(), ids=SystemIds(), telemetry=room.log)
    stores = TurnStores(JournalCalls(room.ports.runs, StoreHealth(SystemClock(), room.log), owner.own))

    async def turn(side: str) -> float:
        return await (_turn(run_turn, upstream, tools) if side == OURS else _bare(tools))

    async def calls(side: str) -> float:
        return await (_calls(equip, stores, owner, tools) if side == OURS else _bare(tools))

    for what, one in (("turn with", turn), ("calls alone:", calls)):
        await alternating(WARM, one)
        samples = await alternating(ROUNDS, one)
        yield _a_call(f"{what} {CALLS} tools at once, per call", samples)


def _a_call(what: str, samples: Samples[float]) -> Line:
    more = median(ours - bare for ours, bare in zip(samples[OURS], samples[BARE], strict=True)) / CALLS
    ours, bare = medians(samples, lambda took: took / CALLS)
    line = difference(what, ours, bare, "ms", A_CALL, more=more)
    return Line(line.what, line.ours, line.bare, f"{more:+.2f} ms", line.target, more <= A_CALL)


async def _turn(run_turn: RunTurn, upstream: Asking, tools: Weather) -> float:
    upstream.outputs, began = [], time.perf_counter()
    outputs = [output async for output in run_turn.run(request(CALLS), models=(MODEL,), personal=Personal(tools))]
    took = time.perf_counter() - began
    await run_turn.drained()
    last = outputs[-1]
    if not isinstance(last, Ended) or last.end.reason is not Reason.STOP or upstream.outputs != ["Sunny."] * CALLS:
        raise Broken(f"the turn did not run its tools: {last}, {upstream.outputs[:2]}")
    return took * 1000


async def _calls(equip: EquipTurn, stores: TurnStores, owner: Owner, tools: Weather) -> float:
    runner = equip.runner(request(CALLS, SystemIds().new_id()), merged(tools.tools()), tools, stores)
    began = time.perf_counter()
    results = await asyncio.gather(*(runner.run(_call(number), lambda: None) for number in range(CALLS)))
    took = time.perf_counter() - began
    await owner.drained()
    if any(result.failed for result in results):
        raise Broken(f"a call failed: {results}")
    return took * 1000


async def _bare(tools: Weather) -> float:
    (spec,) = tools.tools()
    began = time.perf_counter()
    await asyncio.gather(*(tools.call(ToolRequest(spec, {}, str(number))) for number in range(CALLS)))
    return (time.perf_counter() - began) * 1000


def _call(number: int) -> ToolCall:
    return ToolCall(f"call_{number}", "weather", f'{{"city": "City {number}", "days": null}}')


async def _full(room: Room) -> list[Line]:
    """Fill all slots and the queue with waves of calls; after the first waves memory must not grow."""
    owner, kept = Owner(), list[int]()
    equip = EquipTurn(room.ports, offload=room.offload, clock=SystemClock(), ids=SystemIds(), telemetry=room.log)
    stores = TurnStores(JournalCalls(room.ports.runs, StoreHealth(SystemClock(), room.log), owner.own))
    tracemalloc.start()
    try:
        for _ in range(WAVES):
            await _wave(room, equip, stores)
            await owner.drained()
            gc.collect()
            kept.append(tracemalloc.get_traced_memory()[0])
        high = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if room.log.counts:
        raise Broken(f"it was complained of {dict(room.log.counts)}")
    what = f"{PLACES} tools running, {LINE:,} waiting"
    left = max(0, kept[-1] - kept[SETTLED - 1]) / 1024
    return [
        absolute(f"{what}: memory left by {WAVES - SETTLED} waves", left, "KB", KEPT_KB),
        absolute(f"{what}: memory of one call", (high - kept[-1]) / (PLACES + LINE) / 1024, "KB"),
    ]


async def _wave(room: Room, equip: EquipTurn, stores: TurnStores) -> None:
    gate = asyncio.Event()
    tools = Weather(gate=gate)
    runner = equip.runner(request(CALLS, SystemIds().new_id()), merged(tools.tools()), tools, stores)
    calls: list[asyncio.Task[ToolResult]] = []
    while len(calls) < PLACES + LINE:
        calls += [asyncio.create_task(runner.run(_call(len(calls) + more), lambda: None)) for more in range(BATCH)]
        await until(partial(_arrived, room, tools, len(calls)))
    gate.set()
    results = await asyncio.gather(*calls)
    if any(result.failed for result in results) or tools.most != PLACES:
        raise Broken(f"{sum(result.failed for result in results)} calls failed, {tools.most} ran at once")


def _arrived(room: Room, tools: Weather, calls: int) -> bool:
    running = min(calls, PLACES)
    return (tools.running, room.places.waiting) == (running, calls - running)
