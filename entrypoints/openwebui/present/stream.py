"""The generator the host iterates: outputs in, frames out; nothing is ever raised but cancellation."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from domain.turn.steps import ShowReasoning, ShowText
from entrypoints.core.caller_request import Start
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.guard import Guard
from entrypoints.openwebui.present.pace import Pacer
from entrypoints.openwebui.present.pieces import Pieces
from ports.clock import Clock

Payload = dict[str, Any] | str


def as_it_is(payload: Payload) -> Payload:
    """Leave the writing of a chunk to the host."""
    return payload


async def unpaced(start: Start, guard: Guard, write: Callable[[Payload], Payload] = as_it_is) -> AsyncIterator[Payload]:
    """Yield every piece as it comes, as `write` writes it; for API clients."""
    outputs = start(asyncio.current_task())
    try:
        async for output in outputs:
            for frame in guard.present(output):
                if isinstance(frame, Yield):
                    yield write(frame.payload)
        guard.completed()
    except Exception as defect:  # noqa: BLE001 - the edge to the host, which would show any error to everybody
        for frame in guard.closing(defect):
            if isinstance(frame, Yield):
                yield write(frame.payload)
    finally:
        await guard.close(outputs)


async def paced(start: Start, guard: Guard, emitter: GuardedEmitter, clock: Clock) -> AsyncIterator[Payload]:
    """Yield text at the page's pace and emit events beside it; a held piece leaves by its timer."""
    outputs, pacer = start(asyncio.current_task()), Pacer()
    pieces = Pieces(outputs, pacer, clock)
    try:
        while (leaving := await pieces.leaving()) is not None:
            for output in leaving:
                for frame in guard.present(output):
                    if isinstance(frame, Yield):
                        yield frame.payload
                    else:
                        await emitter.emit(frame.event)
                if isinstance(output, ShowText | ShowReasoning):
                    pacer.left(clock.monotonic(), guard.repeated)
        guard.completed()
    except Exception as defect:  # noqa: BLE001 - the edge to the host, which would show any error to everybody
        for frame in guard.closing(defect):
            if isinstance(frame, Yield):
                yield frame.payload
            else:
                await emitter.emit(frame.event)
    finally:
        await pieces.aclose()
        await guard.close(outputs)
