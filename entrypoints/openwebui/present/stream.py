"""The generator that the host iterates for the page; it raises nothing but cancellation."""

import asyncio
from collections.abc import AsyncIterator

from domain.turn.steps import ShowReasoning, ShowText
from entrypoints.core.caller_request import Start
from entrypoints.openai.frames import Yield
from entrypoints.openai.stream import Payload
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.guard import PageGuard
from entrypoints.openwebui.present.pace import Pacer, ThoughtLine
from entrypoints.openwebui.present.pieces import Pieces
from ports.clock import Clock


async def paced(
    start: Start, guard: PageGuard, emitter: GuardedEmitter, clock: Clock, pacer: Pacer | None = None
) -> AsyncIterator[Payload]:
    """Yield text at the page's pace and emit events beside it; a timer sends text that was held back."""
    emitter.reader = asyncio.current_task()
    outputs, pacer = start(emitter.reader), pacer or Pacer()
    pieces = Pieces(outputs, pacer, clock, emitter.reader)
    try:
        while (leaving := await pieces.leaving()) is not None:
            for output in leaving:
                if isinstance(output, ThoughtLine):
                    pacer.wait(await _seconds_of(output, emitter, clock))
                    continue
                for frame in guard.present(output):
                    if isinstance(frame, Yield):
                        yield frame.payload
                    else:
                        await emitter.emit(frame.event)
                if isinstance(output, ShowText | ShowReasoning):
                    pacer.left(clock.monotonic(), guard.repeated)
        guard.completed()
    except Exception as defect:  # noqa: BLE001 - the edge to the host, which shows any error to everybody
        for frame in guard.closing(defect):
            if isinstance(frame, Yield):
                yield frame.payload
            else:
                await emitter.emit(frame.event)
    finally:
        await pieces.aclose()
        await guard.close(outputs)


async def _seconds_of(line: ThoughtLine, emitter: GuardedEmitter, clock: Clock) -> float:
    """Send a line of thinking; return how long the host took for it. A host that hangs is spared all but the end."""
    began = clock.monotonic()
    if emitter.is_prompt or not line.text:
        await emitter.status(line.text, done=not line.text)
    return clock.monotonic() - began
