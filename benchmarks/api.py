"""One API client at a time: time to first token, total time, CPU of the host, chunks, and stalls of the host's loop.

The last lines use a sender that puts three frames into each write: the host reads few frames at once.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from benchmarks.report import Line, ratio
from benchmarks.rig import AFTERMATH, Rig
from benchmarks.rounds import alternating, check_words, compared, longest, medians

ROUNDS = {200: 40, 2_000: 40, 20_000: 20}
CPU_TARGETS = {200: 1.1, 20_000: 0.25}
FEW_A_READ, FEW_ROUNDS, FEW_CPU = "sim/deltas-20000-frames-3", 6, 0.3
STALL_ROUNDS = 4
FIRST_TOKEN_MS = 3.0
STALL_MS = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One measured answer: times in ms."""

    first: float
    total: float
    cpu: float
    chunks: int


async def measure_api(rig: Rig) -> AsyncIterator[Line]:
    """Measure all sizes."""
    for count, rounds in ROUNDS.items():

        async def one(side: str, count: int = count) -> Answer:
            return await _answer(rig, side, f"sim/deltas-{count}", count)

        samples = await alternating(rounds, one)
        for line in answer_lines(f"API, {count:,} deltas", samples, CPU_TARGETS.get(count), "chunks"):
            yield line
    async for line in measure_few_a_read(rig):
        yield line

    async def stall(side: str) -> float:
        return await _stall(rig, side, 20_000)

    stalls = await alternating(STALL_ROUNDS, stall)
    yield compared("API, 20,000 deltas: longest stall of the loop", stalls, float, STALL_MS)


async def measure_few_a_read(rig: Rig) -> AsyncIterator[Line]:
    """Measure a stream in which each read contains few deltas."""

    async def few(side: str) -> Answer:
        return await _answer(rig, side, FEW_A_READ, 20_000)

    samples = await alternating(FEW_ROUNDS, few)
    for line in answer_lines("API, 20,000 deltas, three a write", samples, FEW_CPU, "chunks"):
        yield line


def answer_lines(what: str, samples: dict[str, list[Answer]], cpu: float | None, unit: str) -> Iterator[Line]:
    """Yield the four lines of one size."""
    total = medians(samples, lambda answer: answer.total)
    used = medians(samples, lambda answer: answer.cpu)
    sent = medians(samples, lambda answer: answer.chunks)
    yield compared(f"{what}: time to first token", samples, lambda answer: answer.first, FIRST_TOKEN_MS)
    yield ratio(f"{what}: total", *total, "ms")
    yield ratio(f"{what}: CPU of the host", *used, "ms", cpu)
    yield ratio(f"{what}: {unit}", *sent, unit)


async def _answer(rig: Rig, side: str, slug: str, count: int) -> Answer:
    before = rig.cpu()
    reply = await rig.say(side, slug)
    await asyncio.sleep(AFTERMATH)
    used = rig.cpu() - before
    check_words(reply.text, count, f"{side}, API, {count} deltas")
    first, total = reply.first_text_at - reply.started, reply.ended - reply.started
    return Answer(first * 1000, total * 1000, used * 1000, len(reply.payloads))


async def _stall(rig: Rig, side: str, count: int) -> float:
    async with rig.ticking() as gaps:
        reply = await rig.say(side, f"sim/deltas-{count}")
    return longest(gaps, reply.started, reply.ended) * 1000
