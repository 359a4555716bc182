"""Wait for what is sent to the page next: the next output, or a piece that is due."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from math import inf
from typing import Any

from domain.turn.steps import Output
from entrypoints.openwebui.present.pace import Leaving, Pacer
from ports.clock import Clock


class Pieces:
    """Reads the outputs of one turn at the pacer's pace, for the task `host`.

    Nothing is held back where words are slow: then they are read in the caller's own task. From the first piece that is
    held, one task reads on for the rest of the turn, so that neither the next output nor the timer of the held piece
    delays the other. It wakes the caller only for what leaves, and offers the pacer nothing while the caller sends,
    because that decides when the next piece may leave. Once `host` has ended, it waits for nobody.
    """

    def __init__(
        self,
        outputs: AsyncGenerator[Output, None],
        pacer: Pacer,
        clock: Clock,
        host: "asyncio.Task[Any] | None" = None,
    ) -> None:
        self._outputs, self._pacer, self._clock, self._host = outputs, pacer, clock, host
        self._reader: asyncio.Task[None] | None = None
        self._ready: list[Leaving] = []
        self._news: asyncio.Future[None] | None = None  # what the caller waits for; None while it sends
        self._asked: asyncio.Future[None] | None = None  # what the reader waits for while the caller sends
        self._left = self._closed = False
        self._rings = inf
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
            self._reader = self._begun()
        _wake(self._asked)
        try:
            while True:
                if self._ready:
                    ready, self._ready = self._ready, []
                    return ready
                if self._reader.done():
                    if held := pacer.flush():  # also before an error: these words came first
                        return held
                    self._reader.result()  # raises what the turn raised
                    return None
                if late := pacer.late(self._clock.monotonic()):
                    return late
                self._set_alarm()
                self._news = asyncio.get_running_loop().create_future()
                await self._news
        finally:
            self._news = None

    async def aclose(self) -> None:
        """Stop waiting."""
        self._closed = True
        if self._cancel_alarm is not None:
            self._cancel_alarm()
        if self._host is not None:
            self._host.remove_done_callback(self._abandoned)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait((self._reader,))
            if not self._reader.cancelled():
                self._reader.exception()

    def _begun(self) -> "asyncio.Task[None]":
        reader = asyncio.create_task(self._read(), name="openrouter-pipe-next-output")
        reader.add_done_callback(lambda _: _wake(self._news))
        if self._host is not None:
            self._host.add_done_callback(self._abandoned)
        return reader

    async def _read(self) -> None:
        """Read outputs; what leaves is handed to the caller, what is held back has a timer."""
        async for output in self._outputs:
            await self._caller()
            self._ready += self._pacer.offer(output, self._clock.monotonic())
            if self._closed:  # the turn took no notice of its cancellation
                return
            if not self._ready:
                self._set_alarm()
                continue
            _wake(self._news)
            self._news = None
            await self._caller()

    async def _caller(self) -> None:
        """Wait until the caller waits for more, which it will not do once the host's task has ended."""
        while self._news is None and not (self._left or self._closed):
            self._asked = asyncio.get_running_loop().create_future()
            await self._asked

    def _abandoned(self, _host: "asyncio.Task[Any]") -> None:
        """Let the reader come to the end of the turn, which ends with the host's task."""
        self._left = True
        _wake(self._asked)

    def _set_alarm(self) -> None:
        """Keep one timer, for the earliest moment; one that rings early finds nothing due and is set again."""
        due = self._pacer.due()
        if due is None or due >= self._rings:
            return
        if self._cancel_alarm is not None:
            self._cancel_alarm()
        self._rings, self._cancel_alarm = due, self._clock.call_at(due, self._ring)

    def _ring(self) -> None:
        self._rings, self._cancel_alarm = inf, None
        _wake(self._news)


def _wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
