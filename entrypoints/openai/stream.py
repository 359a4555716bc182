"""The generator API clients read: outputs in, chunks out; nothing is ever raised but cancellation."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any

from domain.turn.steps import Output, ShowImage, ShowLogprobs, ShowReasoning, ShowText
from entrypoints.openai.frames import PIECE
from entrypoints.openai.guard import Guard

Payload = dict[str, Any] | str
Start = Callable[["asyncio.Task[Any] | None"], AsyncGenerator[Output, None]]


def as_it_is(payload: Payload) -> Payload:
    """Leave the writing of a chunk to whoever reads it."""
    return payload


async def unpaced(start: Start, guard: Guard, write: Callable[[Payload], Payload] = as_it_is) -> AsyncIterator[Payload]:
    """Yield every piece as it comes, as `write` writes it. `start` is told the task that reads.

    A very long text is written piece by piece, and others run in between: writing megabytes takes long.
    """
    outputs = start(asyncio.current_task())
    try:
        async for output in outputs:
            if output.__class__ is ShowText and len(output.text) <= PIECE:  # nearly always
                payload = guard.plain(output)
                if payload is not None:
                    yield write(payload)
                    continue
                for frame in guard.present(output):
                    yield write(frame.payload)
                continue
            for part in in_pieces(output):
                for frame in guard.present(part):
                    yield write(frame.payload)
                    if isinstance(part, ShowText | ShowImage | ShowLogprobs):
                        await asyncio.sleep(0)
        guard.completed()
    except Exception as defect:  # noqa: BLE001 - the edge to the caller, who would be shown any error
        for frame in guard.closing(defect):
            yield write(frame.payload)
    finally:
        await guard.close(outputs)


def in_pieces(output: Output) -> Iterator[Output]:
    """Yield an output, a very long text in pieces."""
    if not isinstance(output, ShowText | ShowReasoning) or len(output.text) <= PIECE:
        yield output
        return
    for at in range(0, len(output.text), PIECE):
        yield replace(output, text=output.text[at : at + PIECE])
