"""Memory of the host while three hundred API clients stream at once: the peak above its idle memory.

Each side gets a host process of its own, because a process reuses the memory of earlier rounds. The third side is the
bare pipe padded to the size of our file: the host reads the function's text at every chat, whichever function it is.

Only memory private to the process counts. The host keeps up to 512 connections to its SQLite file and maps the file
once for each: the kernel holds those pages once, but counts them 512 times as resident. Pages still in the write-ahead
log are different: each connection copies them. Therefore the log is checkpointed first, as every host does by itself
after 4 MB of changes.
"""

import asyncio
import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.report import Broken, Line, ratio
from benchmarks.rounds import BARE, OURS, check_words
from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.chat import stream_chat
from entrypoints.devhost.environments import SUPPORTED_HOSTS
from entrypoints.devhost.server import HostServer
from entrypoints.devhost.upstream import SIMULATOR_KEY, running_simulator

FOLDER = Path(__file__).resolve().parent
PADDED = "padded"
CLIENTS, WARM_UP = 300, 20
SLUG, COUNT = "sim/deltas-200-rate-20", 200
SAMPLE_SECONDS = 0.02
AT_MOST = 2.0
MEBIBYTE = 1024 * 1024


def measure_burst(bundle: Path) -> Iterator[Line]:
    """Measure each side in a fresh host."""
    ours = bundle.read_text("utf-8")
    peaks = {side: _peak(side, text) for side, text in _sources(ours).items()}
    what = f"host, {CLIENTS} API streams at once: peak memory above idle"
    yield ratio(f"{what}; bare pipe", peaks[OURS], peaks[BARE], "MiB", AT_MOST)
    yield ratio(f"{what}; bare pipe of our size", peaks[OURS], peaks[PADDED], "MiB", AT_MOST)


def _sources(ours: str) -> dict[str, str]:
    bare = (FOLDER / "bare_pipe.py").read_text("utf-8")
    unlimited = "aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))"  # the default limit is 100
    bare = bare.replace("aiohttp.ClientSession()", unlimited)
    lines = math.ceil((len(ours) - len(bare)) / 100)
    return {OURS: ours, BARE: bare, PADDED: bare + f"# {'x' * 97}\n" * lines}


def _peak(side: str, source: str) -> float:
    server = HostServer(SUPPORTED_HOSTS[0], login=False, settings={"BYPASS_MODEL_ACCESS_CONTROL": "true"})
    with running_simulator() as address, server:
        return asyncio.run(_burst(server, address, side, source)) / MEBIBYTE


async def _burst(server: HostServer, address: str, side: str, source: str) -> int:
    """Return the bytes by which the host's peak during a burst exceeds its idle memory."""
    valves = {"API_KEY": SIMULATOR_KEY, "BASE_URL": address}
    valves |= {"MAX_CONCURRENT_REQUESTS": str(2 * CLIENTS)} if side == OURS else {"MODELS": SLUG}
    async with HostAdmin(server.url) as admin:
        await admin.sign_in()
        await admin.install_function(side, source)
        await admin.set_valves(side, valves)
        await admin.wait_for_model(lambda model: model == f"{side}.{SLUG}")
        await admin.publish_models([f"{side}.{SLUG}"])
        await _streams(admin, side, WARM_UP)
        _write_log_back(server.folder / "data" / "webui.db")
        with _watched(server.pid) as seen:
            await _streams(admin, side, CLIENTS)
        return max(seen) - seen[0]


def _write_log_back(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise Broken("the host's database was in use: its log could not be written back")


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Record the process's private memory in bytes, before the block and throughout it."""
    seen, over = [_own_memory(pid)], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_SECONDS):
            seen.append(_own_memory(pid))

    watcher = threading.Thread(target=watch, name="benchmark-memory", daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _own_memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024


async def _streams(admin: HostAdmin, side: str, count: int) -> None:
    replies = await asyncio.gather(*(stream_chat(admin, f"{side}.{SLUG}") for _ in range(count)))
    for reply in replies:
        check_words(reply.text, COUNT, f"{side}, {count} at once by the API")
