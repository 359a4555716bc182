"""An upstream that plays a test's script, attempt by attempt."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ports.response_events import UpstreamEvent
from ports.responses import UpstreamCall

Batch = Sequence[UpstreamEvent]


@dataclass(frozen=True, slots=True)
class Refusing:
    """Entering the attempt raises `error`: no answer began."""

    error: Exception


class Unsent(Refusing):
    """As `Refusing`, before anything was sent."""


class Hang:
    """Upstream sends nothing more; only leaving the context ends the attempt."""


@dataclass(frozen=True, slots=True)
class Held:
    """Upstream pauses until the test sets `gate`."""

    gate: asyncio.Event


@dataclass(frozen=True, slots=True)
class Leaving:
    """Upstream does not answer until the reader leaves; `tell` is called in that moment."""

    tell: Callable[[], None]

    async def left(self) -> None:
        """Wait until the reader leaves."""
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.tell()


Move = Batch | Exception | Hang | Held | Leaving | Refusing


class ScriptedResponses:
    """Implements ResponsesClient: each attempt plays one script of moves.

    A batch is yielded, an exception raised. `calls` are the received calls, `reads` counts requested batches, `entered`
    and `left` count contexts; `leaving` is raised on leaving, if set. `named` is the generation id of every answer.
    """

    def __init__(self, *scripts: Sequence[Move], leaving: Exception | None = None) -> None:
        self._scripts = list(scripts)
        self._leaving = leaving
        self.calls: list[UpstreamCall] = []
        self.reads = self.entered = self.left = 0
        self.named = ""

    @property
    def open(self) -> int:
        """Return how many attempts are connected."""
        return self.entered - self.left

    @asynccontextmanager
    async def attempt(self, call: UpstreamCall) -> AsyncIterator[AsyncIterator[Batch]]:
        """Play the next script."""
        self.calls.append(call)
        script = self._scripts.pop(0)
        if call.watch is not None and not (script and isinstance(script[0], Unsent)):
            await call.watch.sending()
        if script and isinstance(script[0], Leaving):
            await script[0].left()
        if script and isinstance(script[0], Refusing):
            raise script[0].error
        self.entered += 1
        if call.watch is not None:
            call.watch.answered(self.named)
        try:
            yield self._play(script)
        finally:
            self.left += 1
            if self._leaving is not None:
                raise self._leaving

    async def _play(self, script: Sequence[Move]) -> AsyncIterator[Batch]:
        for move in script:
            self.reads += 1
            if isinstance(move, Held):
                await move.gate.wait()
            elif isinstance(move, Hang):
                await asyncio.get_running_loop().create_future()
            elif isinstance(move, Exception):
                raise move
            elif not isinstance(move, Refusing | Leaving):
                yield move
