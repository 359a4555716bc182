"""`POST /responses`, `POST /chat/completions` and `POST /images` over aiohttp: exactly one attempt per call."""

from asyncio import CancelledError, Task, sleep, wait
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from types import TracebackType

from aiohttp import ClientError, ClientResponse, ClientTimeout
from yarl import URL

from adapters.openrouter.answers import GENERATION_ID, open_answer
from adapters.openrouter.chat.request_body import chat_fields
from adapters.openrouter.errors.network import failure_of
from adapters.openrouter.images.request_body import images_fields
from adapters.openrouter.responses.request_body import responses_fields
from adapters.openrouter.stream.event_stream import EventStream
from adapters.openrouter.transport.connection_watch import Watch
from adapters.openrouter.transport.pool import Lease, PoolClosed, SessionPool
from adapters.openrouter.transport.request import Outgoing, add_headers, address_of, headers_of
from adapters.openrouter.transport.shielded_task import ShieldedTask
from adapters.openrouter.wire.codec import ORJSON_INSTALLED
from adapters.openrouter.wire.facts import REPORT_HEADER
from adapters.openrouter.wire.request_body import Shape, encode_body
from ports.clock import Clock
from ports.response_events import UpstreamEvent
from ports.responses import CallWatch, Endpoint, Reach, Unreachable, UpstreamCall
from ports.telemetry import Telemetry

SHAPES: Mapping[Endpoint, Shape] = {
    Endpoint.RESPONSES: responses_fields,
    Endpoint.CHAT: chat_fields,
    Endpoint.IMAGES: images_fields,
}

Batches = AsyncIterator[Sequence[UpstreamEvent]]
LAST_LOOKS = 4
"""Passes of the loop after a reader has left, in which what has arrived by then is still read: two read a head."""


class AioResponsesClient:
    """Implements ResponsesClient. `limit` returns how many calls may run at once; it is called for every request."""

    def __init__(self, pool: SessionPool, clock: Clock, telemetry: Telemetry, limit: Callable[[], int]) -> None:
        self._pool = pool
        self._clock = clock
        self._limit = limit
        if not ORJSON_INSTALLED:
            telemetry.event("warning", "orjson_missing", effect="slower JSON", remedy="pip install orjson")

    def attempt(self, call: UpstreamCall) -> AbstractAsyncContextManager[Batches]:
        """Send `call` once; see the port."""
        return _Attempt(self._pool, self._clock, self._limit(), call)


class _Attempt:
    """One call from the first byte sent to the last byte read."""

    def __init__(self, pool: SessionPool, clock: Clock, limit: int, call: UpstreamCall) -> None:
        self._pool = pool
        self._clock = clock
        self._limit = limit
        self._call = call
        self._lease: Lease | None = None
        self._response: ClientResponse | None = None
        self._watch: Watch | None = None
        self._batches: Batches | None = None

    async def __aenter__(self) -> Batches:
        try:
            self._response = await self._send()
            self._watch = Watch(self._response, self._call.limits.idle_read)
            self._batches = await open_answer(self._response, self._call, self._clock.now)
        except BaseException:
            self._leave(cut=True)
            raise
        return self._batches

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(cut=error is not None)

    async def _send(self) -> ClientResponse:
        call, request, limits = self._call, self._call.request, self._call.limits
        url = address_of(call.route, request.endpoint.value)
        accept = "text/event-stream" if request.body.stream else "application/json"
        headers = headers_of(call.route, Content_Type="application/json", Accept=accept)
        headers["Accept-Encoding"] = "identity"  # a compressing proxy would buffer small pieces
        add_headers(headers, (*request.headers, REPORT_HEADER))
        body = await encode_body(request.body, SHAPES[request.endpoint])
        outgoing = Outgoing(body, limits.idle_read, call.watch)
        try:
            if call.watch is None:
                return await self._post(url, headers, outgoing)
            return await self._watched(self._post(url, headers, outgoing), call.watch)
        except PoolClosed as error:
            raise Unreachable("closed by this side", reach=Reach.NOT_SENT) from error
        except (ClientError, OSError, RuntimeError, ValueError) as error:
            outgoing.abort()
            raise failure_of(error, outgoing.reach, limits) from error
        except CancelledError:
            outgoing.abort()
            raise

    async def _watched(self, post: Coroutine[object, object, ClientResponse], watch: CallWatch) -> ClientResponse:
        """Wait for the head of the answer. If the reader leaves first, tell the watch of one that has just arrived."""
        shielded = ShieldedTask(post, "openrouter-pipe-post")
        posting = shielded.task
        try:
            return await shielded.result()
        except CancelledError:
            try:
                for _ in range(LAST_LOOKS):
                    if not posting.done():
                        await sleep(0)
            finally:
                _tell(posting, watch)
                if not posting.done():
                    posting.cancel()
                    await wait((posting,))
            raise

    async def _post(self, url: URL, headers: dict[str, str], outgoing: Outgoing) -> ClientResponse:
        limits = self._call.limits
        self._lease = await self._pool.session(self._limit)
        proxy = await self._lease.proxy_for(url)
        await _notice_closed_connections()
        return await self._lease.plain.post(
            url,
            data=outgoing,
            headers=headers,
            proxy=proxy,
            allow_redirects=False,
            timeout=ClientTimeout(total=limits.total, connect=limits.connect, sock_read=limits.idle_read),
        )

    def _leave(self, *, cut: bool) -> None:
        """Close the connection, unless the answer has been read or only its last bytes are missing."""
        response, self._response = self._response, None
        lease, self._lease = self._lease, None
        if lease is None:
            return
        if self._watch is not None:
            self._watch.stop()
        finished = isinstance(self._batches, EventStream) and self._batches.finished
        if response is not None and finished and not cut and not response.content.at_eof():
            lease.finish_reading(response)
            return
        if response is not None:
            response.close()
        lease.release()


def _tell(posting: "Task[ClientResponse]", watch: CallWatch) -> None:
    """Tell the watch of an answer whose head has arrived and which nobody will read; close it."""
    if not posting.done() or posting.cancelled() or posting.exception() is not None:
        return
    response = posting.result()
    if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
        watch.answered(response.headers.get(GENERATION_ID, ""))
    else:
        watch.refused(response.status)
    response.close()


async def _notice_closed_connections() -> None:
    """Let the loop notice pooled connections that upstream closed while the loop was busy.

    Otherwise a request could be written to a connection whose close is still unread, and the failure would look like
    that of a request that upstream has billed. Yields twice: the first pass polls, the second runs the callbacks.
    """
    await sleep(0)
    await sleep(0)
