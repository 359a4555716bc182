"""The cost of stored turns: replaying long chats, lookups among a million rows, storing while other turns stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator

from benchmarks.lookup import measure_lookup
from benchmarks.replay import measure_replay
from benchmarks.report import Line
from benchmarks.storing import measure_storing
from entrypoints.devhost.upstream import running_simulator


def measure_remembering() -> Iterator[Line]:
    """Measure all of it; upstream is another process."""
    yield from asyncio.run(_all_of(measure_replay()))
    yield from asyncio.run(_all_of(measure_lookup()))
    with running_simulator() as address:
        yield from measure_storing(address)


async def _all_of(lines: AsyncIterator[Line]) -> list[Line]:
    return [line async for line in lines]
