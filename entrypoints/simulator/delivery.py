"""Write the steps of an answer to a connection: wait for due times, batch frames into writes, reset the connection."""

import asyncio
import socket
import struct
from collections.abc import Iterable

from aiohttp import web

from entrypoints.simulator.records import CURRENT
from entrypoints.simulator.writers.steps import Due, Flush, Sever, Step

WRITE_SIZE = 64 * 1024
"""Bytes after which a burst is written; everything is written before a step that waits."""

_LINGER_NONE = struct.pack("ii", 1, 0)
_FLUSH_PATIENCE = 1.0


class Severed(Exception):
    """Raised after the scenario has reset the connection."""


class EventStream:
    """The response of one streamed call; its headers are sent with the first bytes."""

    def __init__(self, request: web.Request, headers: dict[str, str]) -> None:
        self.response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache", **headers}
        )
        self.first_at: float | None = None
        self._request = request

    async def send(self, data: bytes) -> None:
        """Write `data`, then yield to other streams."""
        if not self.response.prepared:
            await self.response.prepare(self._request)
        await self.response.write(data)
        if self.first_at is None:
            self.first_at = CURRENT.get().answered_at = asyncio.get_running_loop().time()
        await asyncio.sleep(0)

    async def play(self, steps: Iterable[Step]) -> None:
        """Send every step when it is due. Raises Severed if a step resets the connection."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        ready = bytearray()
        for step in steps:
            if isinstance(step, bytes):
                ready += step
                if len(ready) < WRITE_SIZE:
                    continue
            elif isinstance(step, Due) and start + step.offset <= loop.time():
                continue
            if ready or isinstance(step, Flush):
                await self.send(bytes(ready))
                ready.clear()
            if isinstance(step, Due):
                await asyncio.sleep(max(0.0, start + step.offset - loop.time()))
            elif isinstance(step, Sever):
                await sever(self._request)
        if ready or not self.response.prepared:
            await self.send(bytes(ready))


async def wait_out(steps: Iterable[Step], request: web.Request) -> None:
    """Wait as long as the streamed answer would take. Raises Severed if a step resets the connection."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for step in steps:
        if isinstance(step, Sever):
            await sever(request)
        wait = start + step.offset - loop.time() if isinstance(step, Due) else 0.0
        await asyncio.sleep(max(0.0, wait))


async def sever(request: web.Request) -> None:
    """Reset the connection (RST, not FIN) after the peer has received all written data. Always raises Severed."""
    transport = request.transport
    if transport is not None:
        connection: socket.socket | None = transport.get_extra_info("socket")
        await _flushed(transport, connection)
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        transport.abort()
    raise Severed


async def _flushed(transport: asyncio.Transport, connection: socket.socket | None) -> None:
    """Wait until the peer has acknowledged all data, at most a second."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _FLUSH_PATIENCE
    while loop.time() < deadline:
        if transport.is_closing() or not (transport.get_write_buffer_size() or _unacknowledged(connection)):
            return
        await asyncio.sleep(0.001)


def _unacknowledged(connection: socket.socket | None) -> int:
    """Return the number of sent bytes not yet acknowledged; 0 on systems that do not report it."""
    try:
        import fcntl
        import termios

        held = fcntl.ioctl(connection.fileno() if connection else -1, termios.TIOCOUTQ, b"\0\0\0\0")
    except (ImportError, OSError, ValueError):
        return 0
    return int(struct.unpack("i", held)[0])
