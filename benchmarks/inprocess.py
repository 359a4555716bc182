"""Measurements without a host: the core on recorded frames, open streams, requests, model lists, start-up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from benchmarks.building import measure_building
from benchmarks.catalog import measure_catalog
from benchmarks.decode import measure_decode
from benchmarks.listing import measure_listing
from benchmarks.report import Line
from benchmarks.startup import measure_startup
from benchmarks.streams import measure_streams
from benchmarks.words import measure_words
from entrypoints.devhost.environments import SUPPORTED_HOSTS, host_python
from entrypoints.devhost.upstream import running_simulator


def measure_inprocess(bundle: Path) -> Iterator[Line]:
    """Measure all of them; upstream is another process."""
    with running_simulator() as address:
        yield from asyncio.run(measure_decode(address))
        yield from measure_streams(address)
        yield from asyncio.run(measure_words(address))
    yield from measure_building()
    yield from asyncio.run(measure_catalog())
    yield from asyncio.run(measure_listing())
    yield from measure_startup(bundle, host_python(SUPPORTED_HOSTS[0]))
