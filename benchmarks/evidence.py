"""What the evidence of turns costs: records, timing log, metrics and own cards, all on against all off.

`python -m benchmarks.evidence` prints the lines. Both sides are the core without a host; upstream is another process.
Measured is the processor time of the event loop's thread: what other threads write, no answer waits for.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.report import Line, headings, ratio
from benchmarks.rounds import BARE, OURS, alternating, compared, medians
from domain.request.turn_request import Person
from domain.turn.steps import Ended
from entrypoints.core.caller_request import CallerHistory, CallerRequest
from entrypoints.core.open_core import Core, open_core
from entrypoints.core.storage_location import sqlite_location
from entrypoints.devhost.server import free_port
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret

SHORT, LONG, DELTAS = "sim/deltas-20", "sim/deltas-2000", 2_000
ROUNDS, LONG_ROUNDS, WARM_UP = 150, 30, 20
TURN_MS, PER_DELTA = 0.3, 1.1
CARD = "### {heading}\n{detail}\n{{#if support_email}}\nAsk {support_email}\n{{/if}}\nError id: {error_id}"


def settings_of(side: str, address: str) -> Settings:
    """Return everything on, or everything off."""
    key = Secret(SIMULATOR_KEY)
    if side == BARE:
        return Settings(api_key=key, base_url=address, log_level="ERROR")
    return Settings(
        api_key=key,
        base_url=address,
        log_level="ERROR",
        session_log_store_enabled=True,
        session_log_zip_password=Secret("correct horse battery"),
        enable_timing_log=True,
        metrics_port=free_port(),
        openrouter_error_template=CARD,
        language="de",
    )


def measure_evidence() -> Iterator[Line]:
    """Measure short turns, then long ones."""
    with running_simulator() as address:
        yield from asyncio.run(_measured(address))


async def _measured(address: str) -> list[Line]:
    async with AsyncExitStack() as stack:
        cores: dict[str, tuple[Core, Settings]] = {}
        for side in (OURS, BARE):
            settings = settings_of(side, address)
            location = sqlite_location(Path(stack.enter_context(TemporaryDirectory())) / "store.db")
            core = await stack.enter_async_context(open_core(settings, location))
            await core.models.offered(settings)
            cores[side] = core, settings

        async def short(side: str) -> float:
            return await _turn(*cores[side], SHORT)

        async def long(side: str) -> float:
            return await _turn(*cores[side], LONG)

        await alternating(WARM_UP, short)
        turns = await alternating(ROUNDS, short)
        streams = await alternating(LONG_ROUNDS, long)
    on, off = (1000 * spent / DELTAS for spent in medians(streams, float))
    return [
        compared("evidence on, off: CPU of a turn of 20 deltas", turns, float, TURN_MS),
        ratio("evidence on, off: CPU of a delta, of 2,000", on, off, "µs", PER_DELTA),
    ]


async def _turn(core: Core, settings: Settings, model: str) -> float:
    """Return the milliseconds of the loop's thread that one turn takes, settlement included."""
    message = {"role": "user", "content": "Why is the sky blue?"}
    person = Person("ann", "chat", "message", "session")
    asked = CallerRequest(model, (message,), person=person, history=CallerHistory("bench"))
    listing = await core.models.listing(settings)
    began = time.thread_time()
    outputs = [output async for output in core.turn(asked, settings, listing)(None)]
    await core.drained()
    spent = time.thread_time() - began
    assert isinstance(outputs[-1], Ended)
    assert outputs[-1].end.fault is None, outputs[-1].end.fault
    return spent * 1000


if __name__ == "__main__":
    print(headings())
    for line in measure_evidence():
        print(line.text())
