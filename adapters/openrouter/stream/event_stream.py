"""Reads an event stream: one socket read gives one batch of events."""

from asyncio import timeout, to_thread
from collections.abc import Sequence
from typing import Protocol

from aiohttp import ClientError, ClientResponse, StreamReader

from adapters.openrouter.errors.network import failure_of
from adapters.openrouter.stream.sse import SseDecoder
from adapters.openrouter.wire.codec import BOM
from ports.offload import LARGE
from ports.response_events import EventIgnored, StreamClosed, UpstreamEvent
from ports.responses import EventTooLarge, Limits, Reach, ResponsesError

FIRST_SLICE = 8 * 1024
"""Bytes of the first read that are processed ahead of its rest, so that the first token is not delayed."""

LAST_WORDS = 5.0
"""Seconds to wait for usage or `[DONE]` after the answer is complete; then the answer ends without them."""
LONGEST_BARE = 32 * 1024
"""Bytes of JSON in place of events that are kept, in case they are an error."""


class FrameReader(Protocol):
    """Turns the payloads of one stream into events; `Translator` documents the members."""

    said_done: bool
    ended: bool

    def translate(self, payloads: Sequence[bytes], *, large: bool = False) -> list[UpstreamEvent]: ...
    def finish(self) -> list[UpstreamEvent]: ...


class EventStream:
    """Iterates over batches, ending with `StreamClosed` or a ResponsesError; reads only on demand.

    `finished` is True once nothing relevant can follow, so that the remaining bytes may be drained in the background.
    """

    def __init__(
        self, response: ClientResponse, translator: FrameReader, limits: Limits, *, first: bytes = b""
    ) -> None:
        self._content: StreamReader = response.content
        self._decoder = SseDecoder(limits.event_bytes)
        self._translator = translator
        self._limits = limits
        self._first = first
        self._bare: bytes | None = b""  # what may be JSON without the form of an event; None once it is not
        self._reach = Reach.SENT
        self._failure: ResponsesError | None = None
        self._broken: Exception | None = None
        self._closed = False

    @property
    def finished(self) -> bool:
        """Return whether the terminal event or `[DONE]` has been read."""
        return self._translator.said_done or self._translator.ended

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Sequence[UpstreamEvent]:
        decoder, translator = self._decoder, self._translator
        while not self._closed:
            if self._failure is not None:
                self._closed = True
                raise self._failure if self._broken is None else failure_of(self._broken, self._reach, self._limits)
            data, self._first = self._first, b""
            try:
                if not data:
                    data = await (self._last_words() if translator.ended else self._content.readany())
                if self._reach is Reach.SENT:
                    data, self._first = data[:FIRST_SLICE], data[FIRST_SLICE:]
                    self._note_bare(data)
            except (ClientError, OSError, RuntimeError) as error:
                self._broken, self._failure = error, failure_of(error, self._reach, self._limits)
                data = arrived(self._content)  # it may hold the first events: then the answer had begun
            payloads = decoder.plain(data) if len(data) < LARGE else None
            if payloads is not None:  # nearly every read: keep it short
                events = translator.translate(payloads)
            else:
                events = await self._read_events(data)
            if translator.said_done or not (data or self._failure):
                events += await self._end()
            elif self._failure is not None:  # after a complete answer a broken connection is a normal end
                events += await self._end() if self.finished else translator.finish()
            if events:
                self._reach = Reach.STREAMING
                return events
        raise StopAsyncIteration

    def _note_bare(self, data: bytes) -> None:
        """Keep what came before the first event if it is JSON: some gateways write an error so into a stream."""
        if self._bare is not None:
            start = (self._bare + data).removeprefix(BOM).lstrip()
            kept = start[:1] in (b"", b"{") and len(start) <= LONGEST_BARE
            self._bare = start if kept else None

    async def _last_words(self) -> bytes:
        async with timeout(LAST_WORDS):
            return await self._content.readany()

    async def _read_events(self, data: bytes) -> list[UpstreamEvent]:
        """Return the events of one read; decoded in a thread if a large event may be complete."""
        if self._decoder.held >= LARGE and (b"\n" in data or b"\r" in data):
            return await to_thread(lambda: self._translator.translate(self._decoded(data), large=True))
        return await self._translated(self._decoded(data))

    def _decoded(self, data: bytes) -> Sequence[bytes]:
        try:
            payloads = self._decoder.feed(data)
        except EventTooLarge:
            payloads = []
        self._failure = self._failure or self._decoder.failure
        return payloads

    async def _translated(self, payloads: Sequence[bytes]) -> list[UpstreamEvent]:
        if any(len(payload) >= LARGE for payload in payloads):
            return await to_thread(self._translator.translate, payloads, large=True)
        return self._translator.translate(payloads)

    async def _end(self) -> list[UpstreamEvent]:
        self._closed = True
        self._failure = None
        said_done = self._translator.said_done
        held_back = self._translator.finish()
        rest = b"" if said_done else self._decoder.close() or self._bare or b""
        meant = [*await self._translated([rest]), *self._translator.finish()] if rest else []
        unfinished = tuple(event for event in meant if not isinstance(event, EventIgnored))
        return [*held_back, StreamClosed(said_done, rest, unfinished)]


def arrived(content: StreamReader) -> bytes:
    """Return unread bytes that arrived before the connection broke.

    aiohttp does not return them once an error is set, so this calls a private method; without that method the bytes are
    lost, as for every other user of aiohttp.
    """
    read = getattr(content, "_read_nowait", None)
    if read is None:
        return b""
    try:
        return bytes(read(-1))
    except TimeoutError:  # the total time limit expired
        return b""
