"""Steps onto a connection: paced by the clock, many frames to one write, and the reset of a connection."""

import asyncio
import socket
import struct
from collections.abc import Iterable

from aiohttp import web

from entrypoints.simulator.writers.steps import Due, Flush, Sever, Step

WRITE_SIZE = 64 * 1024
"""Bytes after which a burst is written; nothing is held back when the next step has to wait."""

_LINGER_NONE = struct.pack("ii", 1, 0)
_FLUSH_PATIENCE = 1.0


class Severed(Exception):
    """The scenario has reset the connection."""


class EventStream:
    """The response of one streamed call; its head leaves with the first bytes."""

    def __init__(self, request: web.Request, headers: dict[str, str]) -> None:
        self.response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache", **headers}
        )
        self.first_at: float | None = None
        self._request = request

    async def send(self, data: bytes) -> None:
        """Write `data` and let other streams have their turn."""
        if not self.response.prepared:
            await self.response.prepare(self._request)
        if self.first_at is None:
            self.first_at = asyncio.get_running_loop().time()
        await self.response.write(data)
        await asyncio.sleep(0)

    async def play(self, steps: Iterable[Step]) -> None:
        """Send every step at its moment. Raises Severed when one of them resets the connection."""
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
    """Let an answer that is not streamed take its time. Raises Severed like a stream."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for step in steps:
        if isinstance(step, Sever):
            await sever(request)
        wait = start + step.offset - loop.time() if isinstance(step, Due) else 0.0
        await asyncio.sleep(max(0.0, wait))


async def sever(request: web.Request) -> None:
    """Reset the connection (RST, not FIN) after what was written has reached the other side."""
    transport = request.transport
    if transport is not None:
        connection: socket.socket | None = transport.get_extra_info("socket")
        await _flushed(transport, connection)
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        transport.abort()
    raise Severed


async def _flushed(transport: asyncio.Transport, connection: socket.socket | None) -> None:
    """Wait until the peer has acknowledged everything, at most a second."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _FLUSH_PATIENCE
    while loop.time() < deadline:
        if transport.is_closing() or not (transport.get_write_buffer_size() or _unacknowledged(connection)):
            return
        await asyncio.sleep(0.001)


def _unacknowledged(connection: socket.socket | None) -> int:
    """Ask the kernel how many sent bytes are not acknowledged; 0 where it can not tell."""
    try:
        import fcntl
        import termios

        held = fcntl.ioctl(connection.fileno() if connection else -1, termios.TIOCOUTQ, b"\0\0\0\0")
    except (ImportError, OSError, ValueError):
        return 0
    return int(struct.unpack("i", held)[0])
