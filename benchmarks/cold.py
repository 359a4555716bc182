"""The first request after the function was saved again, and the very first request in a fresh process."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

from benchmarks.api import STALL_MS
from benchmarks.report import Line, difference
from benchmarks.rig import Rig
from benchmarks.rounds import BARE, OURS, alternating, check_words, compared, longest

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Saved:
    """One save and the first chat after it, in ms."""

    save: float
    save_stall: float
    first: float
    chat_stall: float


async def measure_cold(rig: Rig) -> AsyncIterator[Line]:
    """Measure saves; the first use in the process was measured during installation."""
    numbers = count()

    async def saved(side: str) -> Saved:
        return await _saved(rig, side, f"{rig.sources[side]}\n# saved again: {next(numbers)}\n")

    samples = await alternating(ROUNDS, saved)
    ours, bare = rig.first_use[OURS], rig.first_use[BARE]
    before = "first use in a fresh process"
    lines = [
        compared("saving the function again: time", samples, lambda one: one.save),
        compared("saving the function again: stall", samples, lambda one: one.save_stall, STALL_MS),
        compared("first chat after a save: time to first token", samples, lambda one: one.first),
        compared("first chat after a save: stall", samples, lambda one: one.chat_stall, STALL_MS),
        difference(f"{before}: first chat, first token", ours.first_text * 1000, bare.first_text * 1000, "ms"),
        _stall(f"{before}: stall of creating it", ours.create_stall, bare.create_stall),
        _stall(f"{before}: stall of the model list", ours.list_stall, bare.list_stall),
        _stall(f"{before}: stall of the first chat", ours.chat_stall, bare.chat_stall),
    ]
    for line in lines:
        yield line


def _stall(what: str, ours: float, bare: float) -> Line:
    return difference(what, ours * 1000, bare * 1000, "ms", STALL_MS)


async def _saved(rig: Rig, side: str, source: str) -> Saved:
    async with rig.ticking() as gaps:
        began = time.perf_counter()
        await rig.admin.update_function(side, source)
        saved = time.perf_counter()
        reply = await rig.say(side, "sim/deltas-200")
    check_words(reply.text, 200, f"{side}, first chat after a save")
    return Saved(
        save=(saved - began) * 1000,
        save_stall=longest(gaps, began, saved) * 1000,
        first=(reply.first_text_at - reply.started) * 1000,
        chat_stall=longest(gaps, reply.started, reply.ended) * 1000,
    )
