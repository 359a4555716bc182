"""Wake a reader whose connection is gone without a word to it."""

from asyncio import Future

from aiohttp import ClientPayloadError, ClientResponse


class Watch:
    """Ends the body of an answer when its connection is lost; until `stop`.

    After a malformed chunk aiohttp closes the connection, drops its time-outs and tells nobody: who waits for the
    body would wait for ever. An end or an error that aiohttp did tell is left as it is.
    """

    def __init__(self, response: ClientResponse) -> None:
        self._content = response.content
        connection = response.connection
        protocol = connection.protocol if connection is not None else None
        self._lost = protocol.closed if protocol is not None else None
        if self._lost is not None:
            self._lost.add_done_callback(self._tell)
        elif protocol is not None:
            self._tell(None)

    def stop(self) -> None:
        """Look no longer: the connection belongs to somebody else from now on."""
        if self._lost is not None:
            self._lost.remove_done_callback(self._tell)

    def _tell(self, lost: "Future[None] | None") -> None:
        if lost is not None and not lost.cancelled():
            lost.exception()  # looked at, or asyncio complains
        if self._content.exception() is None and not self._content.is_eof():
            self._content.set_exception(ClientPayloadError("the connection was lost"))
