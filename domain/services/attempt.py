"""One attempt in flight: opened when first asked, closed whatever state it is in."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from ports.clock import Clock
from ports.responses import ResponsesClient, StreamClosed, UpstreamCall, UpstreamEvent


class Attempt:
    """Reads the batches of one upstream call, starting at clock value `at` (s)."""

    def __init__(self, client: ResponsesClient, call: UpstreamCall, clock: Clock, at: float) -> None:
        self._client, self._call, self._clock, self._at = client, call, clock, at
        self._stack = AsyncExitStack()
        self._batches: AsyncIterator[Sequence[UpstreamEvent]] | None = None
        self.finished = False

    async def next_batch(self) -> Sequence[UpstreamEvent]:
        """Return what the next read brought. Raises ResponsesError; ends with a StreamClosed."""
        if self._batches is None:
            if self._clock.monotonic() < self._at:
                await self._clock.sleep_until(self._at)
            self._batches = await self._stack.enter_async_context(self._client.attempt(self._call))
        try:
            batch = await anext(self._batches)
        except StopAsyncIteration:
            batch = (StreamClosed(said_done=False),)
        self.finished = any(isinstance(event, StreamClosed) for event in batch)
        return batch

    async def close(self) -> None:
        """Close the connection; safe to call once reading has stopped."""
        await self._stack.aclose()
