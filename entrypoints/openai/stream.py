"""The generator API clients read: outputs in, chunks out; nothing is ever raised but cancellation."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from domain.turn.steps import Output
from entrypoints.openai.guard import Guard

Payload = dict[str, Any] | str
Start = Callable[["asyncio.Task[Any] | None"], AsyncGenerator[Output, None]]


def as_it_is(payload: Payload) -> Payload:
    """Leave the writing of a chunk to whoever reads it."""
    return payload


async def unpaced(start: Start, guard: Guard, write: Callable[[Payload], Payload] = as_it_is) -> AsyncIterator[Payload]:
    """Yield every piece as it comes, as `write` writes it. `start` is told the task that reads."""
    outputs = start(asyncio.current_task())
    try:
        async for output in outputs:
            for frame in guard.present(output):
                yield write(frame.payload)
        guard.completed()
    except Exception as defect:  # noqa: BLE001 - the edge to the caller, who would be shown any error
        for frame in guard.closing(defect):
            yield write(frame.payload)
    finally:
        await guard.close(outputs)
