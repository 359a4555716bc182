"""The host writes heavily to its own SQLite file while users chat: stalls of its loop caused by storing turns.

Every turn's reasoning is stored, and sent upstream again with each later turn: none may be missing.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.api import STALL_MS
from benchmarks.browser import check_turn
from benchmarks.chats import history
from benchmarks.report import Broken, Line, absolute
from benchmarks.rig import AFTERMATH, FOLDER, Rig
from benchmarks.rounds import BARE, OURS, alternating, compared, longest, medians
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.turn import Turn
from entrypoints.devhost.upstream import SIMULATOR_KEY
from entrypoints.simulator.threads import SimulatorThread

ROUNDS, TURNS = 5, 4
WRITERS = 4
COUNT, SLUG = 200, "sim/deltas-200-thinking-50"
FUNCTIONS = {OURS: "persisting", BARE: "forgetting"}
MESSAGES = 40
WARM_UP_ROUNDS = 1


@dataclass(frozen=True, slots=True)
class Written:
    """One chat of `TURNS` turns: the longest stall (ms), and chats saved by others meanwhile, per second."""

    stall: float
    saves: float


async def measure_writing(rig: Rig) -> AsyncIterator[Line]:
    """Measure both sides in turn; the functions are reloaded with an upstream in this process, for inspection."""
    with SimulatorThread() as upstream:
        async with _installed(rig, upstream), BrowserSession(rig.admin, keep_data=False) as page:

            async def chat(side: str) -> Written:
                return await _chat(rig, page, upstream, side)

            await alternating(WARM_UP_ROUNDS, chat)
            samples = await alternating(ROUNDS, chat)
    what = f"{TURNS} turns while {WRITERS} others save chats of {MESSAGES}"
    yield compared(f"{what}: longest stall of the loop", samples, lambda one: one.stall, STALL_MS)
    ours, bare = medians(samples, lambda one: one.saves)
    yield absolute(f"{what}: chats saved a second", ours, "chats", bare=bare)


@dataclass
class _Saves:
    """Counts the chats saved by others."""

    count: int = 0


@asynccontextmanager
async def _installed(rig: Rig, upstream: SimulatorThread) -> AsyncIterator[None]:
    """Install both functions for the duration of the block."""
    valves = {"API_KEY": SIMULATOR_KEY, "BASE_URL": upstream.url}
    more: dict[str, dict[str, str]] = {OURS: {}, BARE: {"MODELS": SLUG}}
    sources = {OURS: rig.sources[OURS], BARE: (FOLDER / "bare_pipe.py").read_text("utf-8")}
    try:
        for side, name in FUNCTIONS.items():
            await rig.admin.install_function(name, sources[side])
            await rig.admin.set_valves(name, valves | more[side])
            await rig.admin.wait_for_model(f"{name}.{SLUG}".__eq__)
        await rig.admin.publish_models(f"{name}.{SLUG}" for name in FUNCTIONS.values())
        yield
    finally:
        for name in FUNCTIONS.values():
            await rig.admin.delete_function(name)


async def _chat(rig: Rig, page: BrowserSession, upstream: SimulatorThread, side: str) -> Written:
    turn: Turn | None = None
    async with rig.ticking() as gaps, _others_writing(rig) as saved:
        began = time.perf_counter()
        for number in range(TURNS):
            words = f"{side} {began} {number}"
            turn = await page.send(words, model=f"{FUNCTIONS[side]}.{SLUG}", chat=turn)
            check_turn(turn, COUNT, f"{side}, turn {number} while others write")
            if side == OURS:
                _check_thinking(upstream, words, number)
        await asyncio.sleep(AFTERMATH)
        ended = time.perf_counter()
        saves = saved.count / (ended - began)
    return Written(longest(gaps, began, ended) * 1000, saves)


@asynccontextmanager
async def _others_writing(rig: Rig) -> AsyncIterator[_Saves]:
    """Let other users save chats during the block."""
    saves = _Saves()
    form = {"chat": _stored_chat()}

    async def write() -> None:
        while True:
            await rig.admin.request("POST", "/api/v1/chats/new", form)
            saves.count += 1

    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(write()) for _ in range(WRITERS)]
        try:
            yield saves
        finally:
            for writer in writers:
                writer.cancel()


def _stored_chat() -> dict[str, Any]:
    """Return a chat in the form in which pages save it."""
    messages: dict[str, dict[str, Any]] = {}
    for number, message in enumerate(history(MESSAGES)):
        parent = str(number - 1) if number else None
        messages[str(number)] = {"id": str(number), "parentId": parent, "childrenIds": [str(number + 1)], **message}
    last = str(len(messages) - 1)
    messages[last]["childrenIds"] = []
    return {"title": "Saved meanwhile", "models": [SLUG], "history": {"messages": messages, "currentId": last}}


def _check_thinking(upstream: SimulatorThread, words: str, expected: int) -> None:
    """Raise Broken unless the reasoning of all earlier turns was sent upstream."""
    asked = [record.body for record in upstream.records if record.path.endswith("/responses")]
    bodies = [body for body in asked if words in str(body["input"][-1])]
    if not bodies:
        raise Broken(f"upstream was never asked {words!r}")
    back = sum(item.get("type") == "reasoning" for item in bodies[-1]["input"])
    if back != expected:
        raise Broken(f"the thinking of {back} turns of {expected} went back while others wrote")
