"""Many users at once, each reading twenty tokens a second. Both sides have a row in the host's model table."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.browser import check_turn
from benchmarks.report import Line, ratio
from benchmarks.rig import AFTERMATH, Rig
from benchmarks.rounds import alternating, check_words, medians
from entrypoints.devhost.browser import BrowserSession

PEOPLE = (20, 100)
BY_API, IN_BROWSER = 1.1, 0.95
"""Limits as a share of the bare pipe: for its CPU, and by the API also for its time to first token."""

COUNT, SLUG = 200, "sim/deltas-200-rate-20"
ROUNDS = 7  # of three, the median still moves by a fifth from run to run

Times = tuple[float, float]
"""First text and end of one answer, in seconds after the request."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """One round: times in ms, and the host's CPU time for all users together."""

    first: float
    total: float
    slowest: float
    cpu: float


async def measure_crowd(rig: Rig) -> AsyncIterator[Line]:
    """Measure both paths; every answer is checked for lost and misordered words."""

    async def api_answer(side: str) -> Times:
        reply = await rig.say(side, SLUG)
        check_words(reply.text, COUNT, f"{side}, many at once by the API")
        return reply.first_text_at - reply.started, reply.ended - reply.started

    for people in PEOPLE:
        for line in await _lines(rig, "API", people, api_answer):
            yield line
    async with BrowserSession(rig.admin, keep_data=False) as page:

        async def page_answer(side: str) -> Times:
            turn = await page.send("hi", model=f"{side}.{SLUG}", wait=False)
            await turn.until(lambda turn: turn.shown.done or turn.shown.failed)
            ended = time.perf_counter()
            await turn.finish()
            check_turn(turn, COUNT, f"{side}, many at once in the browser")
            return turn.first_text_at - turn.sent_at, ended - turn.sent_at

        for line in await _lines(rig, "browser", PEOPLE[0], page_answer):
            yield line


async def _lines(rig: Rig, path: str, people: int, answer: Callable[[str], Awaitable[Times]]) -> list[Line]:
    async def crowd(side: str) -> Crowd:
        before = rig.cpu()
        times = await asyncio.gather(*(answer(side) for _ in range(people)))
        await asyncio.sleep(AFTERMATH)
        used = rig.cpu() - before
        firsts, totals = [first * 1000 for first, _ in times], [total * 1000 for _, total in times]
        return Crowd(median(firsts), median(totals), max(totals), used * 1000)

    samples, api = await alternating(ROUNDS, crowd), path == "API"
    what = f"{path}, {people} at once at 20/s"
    return [
        ratio(
            f"{what}: time to first token", *medians(samples, lambda crowd: crowd.first), "ms", BY_API if api else None
        ),
        ratio(f"{what}: total (none short, in order)", *medians(samples, lambda crowd: crowd.total), "ms", 1.0),
        ratio(f"{what}: total of the slowest", *medians(samples, lambda crowd: crowd.slowest), "ms", 1.0),
        ratio(
            f"{what}: CPU of the host, all",
            *medians(samples, lambda crowd: crowd.cpu),
            "ms",
            BY_API if api else IN_BROWSER,
        ),
    ]
