"""One attempt in flight: a task of its own reads it, one batch at a time and only when asked for it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from domain.turn.events import AttemptFailed, Crashed, TurnEvent
from ports.clock import Clock
from ports.responses import ResponsesClient, ResponsesError, StreamClosed, UpstreamCall


class Attempt:
    """Reads the batches of one upstream call, from clock value `at` (s) on.

    `news` is called when `taken` has something to tell: a batch, or how the attempt failed. One task reads the whole
    attempt and rests between batches, so that a piece of text costs no task of its own.
    """

    def __init__(
        self, client: ResponsesClient, call: UpstreamCall, clock: Clock, at: float, news: Callable[[], None]
    ) -> None:
        self._client, self._call, self._clock, self._at = client, call, clock, at
        self._news = news
        self._stack = AsyncExitStack()
        self._reader: asyncio.Task[None] | None = None
        self._resting: asyncio.Future[None] | None = None
        self._arrived: Sequence[TurnEvent] = ()
        self._finished = False

    def ask(self) -> None:
        """Have the next batch read, unless that is under way, everything was read, or one was not taken yet."""
        if self._arrived:
            return
        if self._reader is None:
            work = self._read()
            self._reader = asyncio.get_running_loop().create_task(work, name="openrouter-pipe-upstream")
            self._reader.add_done_callback(self._gone)
        elif self._resting is not None and not self._resting.done():
            self._resting.set_result(None)

    def taken(self) -> Sequence[TurnEvent]:
        """Return what has arrived and was not taken yet."""
        arrived, self._arrived = self._arrived, ()
        return arrived

    async def close(self) -> None:
        """Stop reading and close the connection."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait((self._reader,))
        await self._stack.aclose()

    async def _read(self) -> None:
        if self._clock.monotonic() < self._at:
            await self._clock.sleep_until(self._at)
        batches = await self._stack.enter_async_context(self._client.attempt(self._call))
        loop = asyncio.get_running_loop()
        async for batch in batches:
            if StreamClosed in map(type, batch):
                self._finish(batch)
                return
            self._resting = loop.create_future()
            self._arrived = batch
            self._news()
            await self._resting
        self._finish((StreamClosed(said_done=False),))

    def _gone(self, reader: "asyncio.Task[None]") -> None:
        """Tell how the reader failed, if it did."""
        if reader.cancelled():
            self._finish((Crashed("the upstream read was cancelled from outside"),))
            return
        error = reader.exception()
        if isinstance(error, ResponsesError):
            self._finish((AttemptFailed(error),))
        elif error is not None:
            self._finish((Crashed(f"{type(error).__name__}: {error}"),))

    def _finish(self, last: Sequence[TurnEvent]) -> None:
        if not self._finished:
            self._finished = True
            self._arrived = last
            self._news()
