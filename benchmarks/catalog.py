"""The model list: parsing it, compared with orjson's load of the same bytes, and the stalls of the loop meanwhile.

The list is the simulator's, repeated under other ids up to 400 models. Another process serves it: a server in this
interpreter would be part of the measurement.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import ClientSession
from orjson import dumps, loads

from adapters.openrouter.catalog.listing import AioCatalog, read_models
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from benchmarks.building import alternating_times
from benchmarks.report import Broken, Line, difference, ratio
from benchmarks.rounds import OURS, alternating, medians
from entrypoints.openwebui.bundle.measure import longest_gap
from ports.responses import Route
from tests.doubles.telemetry import RecordedTelemetry

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "entrypoints" / "simulator" / "catalog.json"
MODELS, ROUNDS, STALL_ROUNDS = 400, 31, 15
AT_MOST, STALL_MS = 20.0, 10.0
ANNOUNCED = re.compile(r"port (\d+)")


async def measure_catalog() -> list[Line]:
    """Measure the parsing alone, then whole fetches while a ticker watches the loop."""
    raw = _list()
    if len(read_models(raw)) != MODELS:
        raise Broken(f"{len(read_models(raw))} models of {MODELS}")
    parsing = alternating_times(ROUNDS, read_models, loads, lambda: raw)
    lines = [ratio(f"{MODELS} models: parsing, orjson's load", *parsing, "ms", AT_MOST)]
    with _served(raw) as address:
        return [*lines, *await _stalls(address, parsing[0])]


async def _stalls(address: str, on_loop: float) -> list[Line]:
    pool = SessionPool(RecordedTelemetry())
    catalog, route = AioCatalog(pool, SystemClock(), lambda: 5), Route(address, "any")
    async with ClientSession() as http:

        async def bytes_alone() -> None:
            async with http.get(f"{address}/models") as answer:
                await answer.read()

        async def stall(side: str) -> float:
            return (await longest_gap((lambda: catalog.fetch(route)) if side == OURS else bytes_alone))[1]

        await catalog.fetch(route)
        try:
            samples = await alternating(STALL_ROUNDS, stall)
        finally:
            await pool.aclose()
    ours, bare = medians(samples, float)
    what = f"{MODELS} models fetched: stall of the loop"
    return [
        difference(f"{what}, bytes alone", ours, bare, "ms", STALL_MS),
        difference(f"{what}, were it parsed there", ours, on_loop, "ms"),
    ]


def _list() -> bytes:
    entries = loads(LIST.read_bytes())["data"]
    copies = (
        {**entry, "id": f"{entry['id']}-{number}"} for number in range(MODELS // len(entries) + 1) for entry in entries
    )
    return dumps({"data": [entry for entry, _ in zip(copies, range(MODELS), strict=False)]})


@contextmanager
def _served(raw: bytes) -> Iterator[str]:
    """Serve the list on loopback from another process; yield the base URL."""
    with TemporaryDirectory() as folder:
        Path(folder, "models").write_bytes(raw)
        command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            found = ANNOUNCED.search(server.stdout.readline() if server.stdout is not None else "")
            if found is None:
                raise Broken("the list of models is not served")
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            server.terminate()
            server.wait()
