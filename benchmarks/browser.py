"""One browser tab at a time, over socket.io: the same figures as by the API, with events instead of chunks."""

import asyncio
import time
from collections.abc import AsyncIterator

from benchmarks.api import STALL_MS, Answer, answer_lines
from benchmarks.report import Line
from benchmarks.rig import AFTERMATH, Rig
from benchmarks.rounds import alternating, check_words, compared, longest
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn

ROUNDS = {200: 50, 2_000: 30, 20_000: 12}
CPU_TARGETS = {200: 1.1, 2_000: 0.35}
STALL_ROUNDS = 4


async def measure_browser(rig: Rig) -> AsyncIterator[Line]:
    """Measure all sizes."""
    async with BrowserSession(rig.admin, keep_data=False) as page:
        for count, rounds in ROUNDS.items():

            async def one(side: str, count: int = count) -> Answer:
                return await _answer(rig, page, side, count)

            samples = await alternating(rounds, one)
            for line in answer_lines(f"browser, {count:,} deltas", samples, CPU_TARGETS.get(count), "events"):
                yield line

        async def stall(side: str) -> float:
            return await _stall(rig, page, side, 2_000)

        stalls = await alternating(STALL_ROUNDS, stall)
    yield compared("browser, 2,000 deltas: longest stall of the loop", stalls, float, STALL_MS)


def check_turn(turn: Turn, count: int, whose: str) -> None:
    """Raise Broken unless all words arrived in order, both in the page and in the host's database."""
    check_words(turn.text_shown, count, f"{whose}, shown")
    check_words(turn.stored_text, count, f"{whose}, stored")


async def _answer(rig: Rig, page: BrowserSession, side: str, count: int) -> Answer:
    before = rig.cpu()
    turn, ended = await _turn(page, f"{side}.sim/deltas-{count}")
    await asyncio.sleep(AFTERMATH)
    used = rig.cpu() - before
    await turn.finish()
    check_turn(turn, count, f"{side}, browser, {count} deltas")
    first, total = turn.first_text_at - turn.sent_at, ended - turn.sent_at
    return Answer(first * 1000, total * 1000, used * 1000, len(turn.events))


async def _stall(rig: Rig, page: BrowserSession, side: str, count: int) -> float:
    async with rig.ticking() as gaps:
        turn, ended = await _turn(page, f"{side}.sim/deltas-{count}")
    return longest(gaps, turn.sent_at, ended) * 1000


async def _turn(page: BrowserSession, model: str) -> tuple[Turn, float]:
    """Send a message into a new chat; return the turn and the time at which the page received its end."""
    turn = await page.send("hi", model=model, wait=False)
    await turn.until(lambda turn: turn.shown.done or turn.shown.failed)
    return turn, time.perf_counter()
