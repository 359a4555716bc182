"""Run the simulator inside a process: an HTTP server on loopback."""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from entrypoints.simulator.app import BASE_PATH, build_app
from entrypoints.simulator.state import DEFAULT_KEYS, GENERATION_DELAY, Simulator

__all__ = ["DEFAULT_KEYS", "GENERATION_DELAY", "NotLoopback", "Simulator", "running_simulator"]

_SHUTDOWN_PATIENCE = 0.05


class NotLoopback(ValueError):
    """The address is not a loopback address. The simulator accepts well-known keys, so it must not be reachable."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not a loopback address")
        self.host = host


@asynccontextmanager
async def running_simulator(
    port: int = 0,
    keys: frozenset[str] = DEFAULT_KEYS,
    *,
    host: str = "127.0.0.1",
    generation_delay: float = GENERATION_DELAY,
) -> AsyncIterator[Simulator]:
    """Serve on loopback while the block runs; port 0 chooses a free port.

    `generation_delay` in seconds. Raises NotLoopback for any other address, OSError if the port is in use.
    """
    address = _loopback(host)
    simulator = Simulator(keys, generation_delay)
    runner = web.AppRunner(
        build_app(simulator),
        handler_cancellation=True,
        access_log=None,
        shutdown_timeout=_SHUTDOWN_PATIENCE,
        keepalive_timeout=75,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port, backlog=2048)
        await site.start()
        bound = runner.addresses[0][1]
        shown = f"[{address}]" if ":" in address else address
        simulator.url = f"http://{shown}:{bound}{BASE_PATH}"
        yield simulator
    finally:
        simulator.stopping = True
        await runner.cleanup()


def _loopback(host: str) -> str:
    if host == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise NotLoopback(host)
