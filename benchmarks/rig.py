"""The shared setup for measurements in a host: one real Open WebUI with the functions, and upstream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.rounds import BARE, OURS, cpu_seconds, longest
from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import StreamedReply, plain_chat, stream_chat
from entrypoints.devhost.environments import SUPPORTED_HOSTS
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator

FOLDER = Path(__file__).resolve().parent
TICKER = "ticker"
SLUGS = (
    *("sim/deltas-20", "sim/deltas-200", "sim/deltas-2000", "sim/deltas-20000"),
    *("sim/deltas-200-rate-20", "sim/deltas-20000-frames-3"),
)
AFTERMATH = 0.1
"""Seconds after an answer's end during which the host still works on it (bookkeeping of both sides)."""

Gaps = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class FirstUse:
    """The very first use of a function in a process: stalls and times in seconds."""

    create_stall: float
    list_stall: float
    chat_stall: float
    first_text: float


@dataclass(frozen=True, slots=True)
class Rig:
    """`sources` are the texts installed under each id; `first_use` was measured during installation."""

    admin: HostAdmin
    pid: int
    sources: dict[str, str]
    first_use: dict[str, FirstUse]

    def cpu(self) -> float:
        """Return the CPU seconds of the host process so far."""
        return cpu_seconds(self.pid)

    async def say(self, side: str, slug: str) -> StreamedReply:
        """Request one streamed answer by the API."""
        return await stream_chat(self.admin, f"{side}.{slug}")

    @asynccontextmanager
    async def ticking(self) -> AsyncIterator[Gaps]:
        """Watch the host's event loop inside the block; the list is filled when the block ends."""
        gaps: Gaps = []
        await plain_chat(self.admin, f"{TICKER}.tick", "start")
        await asyncio.sleep(AFTERMATH)
        try:
            yield gaps
        finally:
            await asyncio.sleep(AFTERMATH)
            _, answer = await plain_chat(self.admin, f"{TICKER}.tick", "stop")
            delays = json.loads(answer["choices"][0]["message"]["content"])
            gaps.extend((end, length) for end, length, _ in delays)


@contextmanager
def running_host() -> Iterator[tuple[HostServer, str]]:
    """Run host and upstream, each in a process of its own; yield the host and upstream's base URL."""
    server = HostServer(SUPPORTED_HOSTS[0], login=False, settings={"BYPASS_MODEL_ACCESS_CONTROL": "true"})
    with running_simulator() as address, server:
        yield server, address


@asynccontextmanager
async def opened_rig(server: HostServer, address: str, bundle: str) -> AsyncIterator[Rig]:
    """Install all functions and yield the warmed-up rig."""
    sources = {OURS: bundle, BARE: (FOLDER / "bare_pipe.py").read_text("utf-8")}
    valves = {
        OURS: {"API_KEY": SIMULATOR_KEY, "BASE_URL": address},
        BARE: {"API_KEY": SIMULATOR_KEY, "BASE_URL": address, "MODELS": ",".join(SLUGS)},
    }
    async with HostAdmin(server.url) as admin:
        await admin.sign_in()
        await admin.install_function(TICKER, (FOLDER / "ticker_pipe.py").read_text("utf-8"))
        await admin.models(refresh=True)
        rig = Rig(admin, server.pid, sources, {})
        for side in (BARE, OURS):
            rig.first_use[side] = await _first_use(rig, side, valves[side])
        for _ in range(5):
            for side in (BARE, OURS):
                await rig.say(side, "sim/deltas-200")
        yield rig


async def _first_use(rig: Rig, side: str, valves: dict[str, str]) -> FirstUse:
    """Install a function, list its models and chat with it, watching the loop.

    Its models are then made public: a model with a row costs the host some milliseconds more than one without, and
    without a row only administrators could use it.
    """
    marks = []
    async with rig.ticking() as gaps:
        marks.append(time.perf_counter())
        await rig.admin.install_function(side, rig.sources[side])
        await rig.admin.set_valves(side, valves)
        marks.append(time.perf_counter())
        await rig.admin.wait_for_model(lambda model: model == f"{side}.sim/deltas-20000")
        marks.append(time.perf_counter())
        reply = await rig.say(side, "sim/deltas-200")
        marks.append(time.perf_counter())
    await rig.admin.publish_models(f"{side}.{slug}" for slug in SLUGS)
    stalls = [longest(gaps, since, until) for since, until in pairwise(marks)]
    return FirstUse(stalls[0], stalls[1], stalls[2], reply.first_text_at - reply.started)
