"""Wait for what is sent to the page next: the next output, or a piece that is due."""

import asyncio
from collections.abc import AsyncGenerator, Callable

from domain.turn.steps import Output
from entrypoints.openwebui.present.pace import Leaving, Pacer
from ports.clock import Clock


class Pieces:
    """Reads the outputs of one turn at the pacer's pace.

    Nothing is held back where words are slow: then they are read in the caller's own task. From the first piece that is
    held, one task reads on for the rest of the turn, so that neither the next output nor the timer of the held piece
    delays the other. It wakes the caller only for what leaves, and reads no further until that was taken.
    """

    def __init__(self, outputs: AsyncGenerator[Output, None], pacer: Pacer, clock: Clock) -> None:
        self._outputs, self._pacer, self._clock = outputs, pacer, clock
        self._reader: asyncio.Task[None] | None = None
        self._ready: list[Leaving] = []
        self._news: asyncio.Future[None] | None = None  # what the caller waits for
        self._taken: asyncio.Future[None] | None = None  # what the reader waits for
        self._cancel_alarm: Callable[[], None] | None = None

    async def leaving(self) -> list[Leaving] | None:
        """Wait for the next outputs to send, in order; None after the last."""
        pacer = self._pacer
        if self._reader is None:
            if pacer.due() is None:
                try:
                    return pacer.offer(await anext(self._outputs), self._clock.monotonic())
                except StopAsyncIteration:
                    return pacer.flush() or None
            self._reader = asyncio.create_task(self._read(), name="openrouter-pipe-next-output")
            self._reader.add_done_callback(lambda _: _wake(self._news))
        _wake(self._taken)
        while True:
            if self._ready:
                ready, self._ready = self._ready, []
                return ready
            if self._reader.done():
                self._reader.result()  # raises what the turn raised
                return pacer.flush() or None
            if late := pacer.late(self._clock.monotonic()):
                return late
            self._set_alarm()
            self._news = asyncio.get_running_loop().create_future()
            await self._news

    async def aclose(self) -> None:
        """Stop waiting."""
        if self._cancel_alarm is not None:
            self._cancel_alarm()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait((self._reader,))
            if not self._reader.cancelled():
                self._reader.exception()

    async def _read(self) -> None:
        """Read outputs; what leaves is handed to the caller, what is held back has a timer."""
        async for output in self._outputs:
            self._ready = self._pacer.offer(output, self._clock.monotonic())
            if not self._ready:
                self._set_alarm()
                continue
            self._taken = asyncio.get_running_loop().create_future()
            _wake(self._news)
            await self._taken

    def _set_alarm(self) -> None:
        """Keep one timer; one that rings early finds nothing due and is set again."""
        due = self._pacer.due()
        if due is not None and self._cancel_alarm is None:
            self._cancel_alarm = self._clock.call_at(due, self._ring)

    def _ring(self) -> None:
        self._cancel_alarm = None
        _wake(self._news)


def _wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
