"""The generator the host iterates: outputs in, paced frames out; nothing is ever raised but cancellation."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from domain.turn.steps import Output, ShowReasoning, ShowText
from entrypoints.openwebui.emitter import GuardedEmitter
from entrypoints.openwebui.present.frames import Presenter, Yield
from entrypoints.openwebui.present.pace import Pacer
from ports.clock import Clock

Payload = dict[str, Any] | str
Start = Callable[["asyncio.Task[Any] | None"], AsyncGenerator[Output, None]]
"""Starts the turn; told the task that reads it, so that the turn ends with its reader."""


async def unpaced(start: Start, presenter: Presenter) -> AsyncIterator[Payload]:
    """Yield every piece as it comes; for API clients."""
    outputs = start(asyncio.current_task())
    try:
        async for output in outputs:
            for frame in presenter.present(output):
                if isinstance(frame, Yield):
                    yield frame.payload
    finally:
        await outputs.aclose()


async def paced(start: Start, presenter: Presenter, emitter: GuardedEmitter, clock: Clock) -> AsyncIterator[Payload]:
    """Yield text at the page's pace and emit events beside it; a held piece leaves by its timer.

    While something is held the next output is awaited in a task of its own, so that what is not text overtakes
    no timer and is not delayed by one.
    """
    outputs = start(asyncio.current_task())
    pacer = Pacer()
    coming: asyncio.Task[Output] | None = None
    try:
        while True:
            due = pacer.due()
            if coming is None and due is None:
                leaving = pacer.offer(await anext(outputs), clock.monotonic())
            else:
                if coming is None:
                    coming = asyncio.create_task(_next(outputs), name="openrouter-pipe-next-output")
                timeout = None if due is None else max(0.0, due - clock.monotonic())
                await asyncio.wait((coming,), timeout=timeout)
                if coming.done():
                    finished, coming = coming, None
                    leaving = pacer.offer(finished.result(), clock.monotonic())
                else:
                    leaving = pacer.flush()
            for output in leaving:
                for frame in presenter.present(output):
                    if isinstance(frame, Yield):
                        yield frame.payload
                    else:
                        await emitter.emit(frame.event)
                if isinstance(output, ShowText | ShowReasoning):
                    pacer.left(clock.monotonic(), presenter.repeated)
    except StopAsyncIteration:
        return
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait((coming,))
        await outputs.aclose()


async def _next(outputs: AsyncGenerator[Output, None]) -> Output:
    return await anext(outputs)
