"""Wake a reader whose connection is gone, or silent, without a word to it."""

from asyncio import Future, TimerHandle, get_running_loop

from aiohttp import ClientPayloadError, ClientResponse, ServerTimeoutError
from aiohttp.client_proto import ResponseHandler

LOOKS = 8
"""How often silence is looked for within the longest that is allowed; it is noticed at most that much too late."""


class Watch:
    """Ends the body of an answer when its connection is lost, or silent for `idle` seconds; until `stop`.

    After a malformed chunk aiohttp closes the connection, drops its time-outs and tells nobody: who waits for the
    body would wait for ever. An end or an error that aiohttp did tell is left as it is.

    aiohttp's own limit on silence sets a timer at every read, which costs more than reading a word. Here the bytes
    that came are compared now and then; a reader that lets the bytes wait is no silence of upstream.
    """

    def __init__(self, response: ClientResponse, idle: float | None) -> None:
        self._content = response.content
        connection = response.connection
        protocol = connection.protocol if connection is not None else None
        self._transport = connection.transport if connection is not None else None
        self._lost = protocol.closed if protocol is not None else None
        self._timer: TimerHandle | None = None
        if self._lost is not None:
            self._lost.add_done_callback(self._tell)
            self._take_over(protocol, idle)
        elif protocol is not None:
            self._tell(None)

    def stop(self) -> None:
        """Look no longer: the connection belongs to somebody else from now on."""
        if self._lost is not None:
            self._lost.remove_done_callback(self._tell)
        if self._timer is not None:
            self._timer.cancel()

    def _take_over(self, protocol: ResponseHandler | None, idle: float | None) -> None:
        if idle and protocol is not None:
            protocol.read_timeout = None  # a timer that is set already still rings if nothing at all follows
            self._idle, self._seen, self._looks = idle, self._content.total_bytes, 0
            self._look_again()

    def _look_again(self) -> None:
        self._timer = get_running_loop().call_later(self._idle / LOOKS, self._look)

    def _look(self) -> None:
        if self._content.is_eof() or self._content.exception() is not None:
            return
        waiting = self._transport is not None and not self._transport.is_reading()
        if waiting or self._content.total_bytes != self._seen:
            self._seen, self._looks = self._content.total_bytes, 0
        else:
            self._looks += 1
        if self._looks < LOOKS:
            self._look_again()
        else:
            self._content.set_exception(ServerTimeoutError("upstream said nothing for too long"))

    def _tell(self, lost: "Future[None] | None") -> None:
        if lost is not None and not lost.cancelled():
            lost.exception()  # looked at, or asyncio complains
        if self._content.exception() is None and not self._content.is_eof():
            self._content.set_exception(ClientPayloadError("the connection was lost"))
