"""200 tool slots taken and 1,000 calls waiting: served first come, first served, without a memory leak."""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from adapters.process.slots import ProcessSlots
from ports.slots import SlotsFull

PLACES, LINE, WAVES, WARM = 200, 1_000, 8, 3
GROWTH = 32 * 1024
"""Bytes that may remain after all waves except the first ones."""


@dataclass
class Figures:
    """The counts; `misses` lists what must not happen."""

    served: int = 0
    turned_away: int = 0
    gave_up: int = 0
    most: int = 0
    waiting: int = 0
    high: int = 0
    growth: int = 0
    misses: list[str] = field(default_factory=list)


def run(waves: int = WAVES, seed: int = 0) -> Figures:
    """Run waves of callers one after the other."""
    figures = Figures()
    asyncio.run(_run(waves, Random(seed), figures))
    return figures


async def _run(waves: int, rng: Random, figures: Figures) -> None:
    slots = ProcessSlots({}, "tools")
    tracemalloc.start()
    try:
        after: list[int] = []
        for _ in range(waves):
            await _wave(slots, rng, figures)
            gc.collect()
            after.append(tracemalloc.get_traced_memory()[0])
        figures.high = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    figures.growth = after[-1] - after[WARM - 1]
    if figures.growth > GROWTH:
        figures.misses.append(f"{figures.growth:,} bytes were kept")
    if slots.taken or slots.waiting:
        figures.misses.append("places are left taken")


async def _wave(slots: ProcessSlots, rng: Random, figures: Figures) -> None:
    """Fill all slots and the queue, reject one caller, let some cancel, then serve the rest."""
    order: list[int] = []
    gates = [asyncio.Event() for _ in range(PLACES + LINE)]
    callers = [asyncio.create_task(_call(slots, number, gates[number], order)) for number in range(PLACES + LINE)]
    await _until(lambda: slots.taken == PLACES and slots.waiting == LINE)
    figures.waiting = max(figures.waiting, slots.waiting)
    try:
        await slots.acquire(PLACES, LINE)
        figures.misses.append("one more than the line holds was let in")
    except SlotsFull:
        figures.turned_away += 1
    leaving = set(rng.sample(range(PLACES, PLACES + LINE), LINE // 10))
    for number in leaving:
        callers[number].cancel()
    await _until(lambda: slots.waiting == LINE - len(leaving))
    figures.gave_up += len(leaving)
    while len(order) < PLACES + LINE - len(leaving):
        before = len(order)
        inside = [number for number in order if not gates[number].is_set()]
        for number in rng.sample(inside, rng.randint(1, min(20, len(inside)))):
            gates[number].set()
        await _until(lambda before=before: len(order) > before)  # type: ignore[misc]
        figures.most = max(figures.most, slots.taken)
    for gate in gates:
        gate.set()
    await asyncio.wait(callers)
    figures.served += len(order)
    if order != [number for number in range(PLACES + LINE) if number not in leaving]:
        figures.misses.append("somebody was served before one who came earlier")
    if figures.most > PLACES:
        figures.misses.append(f"{figures.most} places were taken at once")


async def _call(slots: ProcessSlots, number: int, gate: asyncio.Event, order: list[int]) -> None:
    await slots.acquire(PLACES, LINE)
    order.append(number)
    try:
        await gate.wait()
    finally:
        slots.release()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0)
