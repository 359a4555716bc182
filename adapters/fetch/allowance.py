"""Bounds everything a server sends on one connection: status lines, headers, trailers and chunk sizes too.

aiohttp before 3.13 parses any number of header lines, and needs 100 ms for 256 KiB in chunks of one byte: a server
that means harm fills the memory, or holds the event loop.
"""

from asyncio import AbstractEventLoop, get_running_loop

from aiohttp import TCPConnector
from aiohttp.client_proto import ResponseHandler

BESIDE_BODY = 512 * 1024
"""Bytes of head and trailers, and of a body that was received but not read yet."""


class Allowance:
    """The bytes that one connection may bring; `exceeded` once it brought more and was cut."""

    def __init__(self) -> None:
        self.left = BESIDE_BODY
        self.exceeded = False

    def read(self, size: int) -> None:
        """Count bytes of the body that were read: they cost a half more, for the sizes of their chunks."""
        self.left += size + size // 2

    def guard(self, connector: TCPConnector) -> None:
        """Count what every connection of this connector brings."""
        connector._factory = lambda: _CountingHandler(get_running_loop(), self)  # type: ignore[assignment]


class _CountingHandler(ResponseHandler):
    """Passes data on until the allowance is used up, then cuts the connection."""

    def __init__(self, loop: AbstractEventLoop, allowance: Allowance) -> None:
        super().__init__(loop)
        self._allowance = allowance

    def data_received(self, data: bytes) -> None:
        """Count data before it is parsed."""
        self._allowance.left -= len(data)
        if self._allowance.left >= 0:
            super().data_received(data)
        elif self.transport is not None:
            self._allowance.exceeded = True
            self.transport.abort()
