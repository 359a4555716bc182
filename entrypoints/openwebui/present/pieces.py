"""Wait for what is sent to the page next: the next output, or a piece that is due."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from domain.turn.steps import Output
from entrypoints.openwebui.present.pace import Leaving, Pacer
from ports.clock import Clock


class Pieces:
    """Reads the outputs of one turn at the pacer's pace.

    While text is held back, a separate task awaits the next output, so that neither the output nor the timer of the
    held text delays the other.
    """

    def __init__(self, outputs: AsyncGenerator[Output, None], pacer: Pacer, clock: Clock) -> None:
        self._outputs, self._pacer, self._clock = outputs, pacer, clock
        self._coming: asyncio.Task[Output] | None = None
        self._timer: asyncio.Task[None] | None = None

    async def leaving(self) -> list[Leaving] | None:
        """Wait for the next outputs to send, in order; None after the last."""
        try:
            if self._coming is None and self._pacer.due() is None:
                return self._pacer.offer(await anext(self._outputs), self._clock.monotonic())
            return await self._first()
        except StopAsyncIteration:
            return self._pacer.flush() or None

    async def aclose(self) -> None:
        """Stop waiting."""
        tasks: list[asyncio.Task[Any]] = [task for task in (self._coming, self._timer) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()

    async def _first(self) -> list[Leaving]:
        if self._coming is None:
            self._coming = asyncio.create_task(_next(self._outputs), name="openrouter-pipe-next-output")
        waits: list[asyncio.Task[Any]] = [self._coming]
        due = self._pacer.due()
        if due is not None:
            waits.append(self._timer_for(due))
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        now = self._clock.monotonic()
        if self._coming.done():
            finished, self._coming = self._coming, None
            return self._pacer.offer(finished.result(), now)
        return self._pacer.late(now)

    def _timer_for(self, due: float) -> "asyncio.Task[None]":
        """Keep one timer; a timer that fires early finds nothing due and is set again."""
        if self._timer is None or self._timer.done():
            self._timer = asyncio.create_task(self._clock.sleep_until(due), name="openrouter-pipe-piece-due")
        return self._timer


async def _next(outputs: AsyncGenerator[Output, None]) -> Output:
    return await anext(outputs)
