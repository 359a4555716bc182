"""Bursts: many people ask in the page at the same moment, on PostgreSQL with the host's default settings."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.browser import BrowserSession
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import InstalledHost, install
from tests.hosts.test_host_postgres import new_database

BARE = Path(__file__).resolve().parents[2] / "benchmarks" / "bare_pipe.py"
PEOPLE, BURSTS = 100, 3
BURST_SECONDS = 180.0


@contextmanager
def crowded_host(version: str, simulator: SimulatorThread, source: str) -> Iterator[InstalledHost]:
    """Run a host on PostgreSQL with its default pool; it has the function, and a bare pipe (`bare`) without rows."""
    settings = {
        "DATABASE_URL": new_database().render_as_string(hide_password=False),
        "WEBUI_SECRET_KEY": secrets.token_hex(32),
        "DATABASE_ENABLE_SESSION_SHARING": "false",
    }
    with HostServer(version, settings=settings) as server:
        yield asyncio.run(_installed(server, simulator, source))


async def unanswered(host: InstalledHost, model: str, people: int) -> list[str]:
    """Let `people` people ask at once, each in a chat of their own; return one line per person without an answer."""
    async with HostAdmin(host.url, host.admin) as admin, BrowserSession(admin) as tab:
        asked = [_trouble(tab, model, f"person {number}") for number in range(people)]
        return [trouble for trouble in await asyncio.gather(*asked) if trouble]


async def _trouble(tab: BrowserSession, model: str, words: str) -> str:
    try:
        turn = await tab.send(words, model=model, seconds=BURST_SECONDS)
    except (DevhostError, TimeoutError) as error:
        return f"{words}: {error!r}"
    if turn.shown.error is not None or not turn.stored_text:
        return f"{words}: error {turn.shown.error!r}, stored {turn.stored_text!r}"
    return ""


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), simulator, source)
        await install(admin, source, host.valves)
        await admin.install_function("bare", BARE.read_text("utf-8"))
        await admin.set_valves("bare", {**host.valves, "MODELS": "sim/echo"})
        await admin.wait_for_model(lambda model_id: model_id == "bare.sim/echo")
    return host
