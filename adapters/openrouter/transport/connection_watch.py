"""Wakes a reader whose connection was lost or is idle, in cases where aiohttp does not."""

from asyncio import Future, TimerHandle, get_running_loop

from aiohttp import ClientPayloadError, ClientResponse, ServerTimeoutError
from aiohttp.client_proto import ResponseHandler

CHECKS = 8
"""Number of checks within the idle limit; idleness is noticed at most 1/CHECKS of the limit too late."""


class Watch:
    """Ends the body of an answer when its connection is lost, or idle for `idle` seconds; until `stop`.

    After a malformed chunk aiohttp closes the connection, drops its time-outs and does not wake the reader, who would
    wait forever. An end or an error that aiohttp did report stays as it is.

    aiohttp's own idle limit sets a timer at every read, which costs more than reading a token. Here a timer compares
    the byte count now and then; while the reader itself pauses reading, upstream does not count as idle.
    """

    def __init__(self, response: ClientResponse, idle: float | None) -> None:
        self._content = response.content
        connection = response.connection
        protocol = connection.protocol if connection is not None else None
        self._transport = connection.transport if connection is not None else None
        self._lost = protocol.closed if protocol is not None else None
        self._timer: TimerHandle | None = None
        if self._lost is not None:
            self._lost.add_done_callback(self._on_lost)
            self._watch_idleness(protocol, idle)
        elif protocol is not None:
            self._on_lost(None)

    def stop(self) -> None:
        """Stop watching: from now on the connection belongs to another owner."""
        if self._lost is not None:
            self._lost.remove_done_callback(self._on_lost)
            self._lost.remove_done_callback(_retrieve)  # of an earlier answer on this connection
            self._lost.add_done_callback(_retrieve)
        if self._timer is not None:
            self._timer.cancel()

    def _watch_idleness(self, protocol: ResponseHandler | None, idle: float | None) -> None:
        if idle and protocol is not None:
            protocol.read_timeout = None  # a timer that is already set still fires if nothing at all follows
            self._idle, self._seen, self._idle_checks = idle, self._content.total_bytes, 0
            self._schedule_check()

    def _schedule_check(self) -> None:
        self._timer = get_running_loop().call_later(self._idle / CHECKS, self._check)

    def _check(self) -> None:
        if self._content.is_eof() or self._content.exception() is not None:
            return
        waiting = self._transport is not None and not self._transport.is_reading()
        if waiting or self._content.total_bytes != self._seen:
            self._seen, self._idle_checks = self._content.total_bytes, 0
        else:
            self._idle_checks += 1
        if self._idle_checks < CHECKS:
            self._schedule_check()
        else:
            self._content.set_exception(ServerTimeoutError("upstream was idle for too long"))

    def _on_lost(self, lost: "Future[None] | None") -> None:
        if lost is not None:
            _retrieve(lost)
        if self._content.exception() is None and not self._content.is_eof():
            self._content.set_exception(ClientPayloadError("the connection was lost"))


def _retrieve(lost: "Future[None]") -> None:
    """Take the error with which a connection ended; asyncio complains of one that nobody takes."""
    if not lost.cancelled():
        lost.exception()
