"""Turns and hosts for stream tests: outputs sent one by one, and a reader that stores what it gets."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from domain.turn.steps import Output, ShowText
from entrypoints.openai.frames import Yield
from entrypoints.openwebui.present.emitter import GuardedEmitter
from entrypoints.openwebui.present.frames import Frame
from entrypoints.openwebui.present.guard import PageGuard
from entrypoints.openwebui.present.pace import Pacer
from entrypoints.openwebui.present.stream import paced
from tests.doubles.clock import FakeClock, until
from tests.doubles.ids import FakeIds
from tests.doubles.telemetry import RecordedTelemetry


class ScriptedTurn:
    """Yields outputs as the test sends them; `closed` is set with the generator, `reader` is the task it received."""

    def __init__(self, *outputs: Output | Exception) -> None:
        self.closed = False
        self.asked = 0
        self.reader: asyncio.Task[Any] | None = None
        self._coming: asyncio.Queue[Output | Exception | None] = asyncio.Queue()
        self.send(*outputs)

    def send(self, *outputs: Output | Exception) -> None:
        """Let outputs come; an exception is raised."""
        for output in outputs:
            self._coming.put_nowait(output)

    def finish(self) -> None:
        """Let no more come."""
        self._coming.put_nowait(None)

    def start(self, reader: "asyncio.Task[Any] | None") -> AsyncGenerator[Output, None]:
        """Start as a turn is started."""
        self.reader = reader
        return self._outputs()

    async def _outputs(self) -> AsyncGenerator[Output, None]:
        try:
            while True:
                self.asked += 1
                output = await self._coming.get()
                if output is None:
                    return
                if isinstance(output, Exception):
                    raise output
                yield output
        finally:
            self.closed = True


class Told:
    """A presenter that yields each output unchanged in a chunk; for `breaks_at` it raises instead."""

    repeated = 0

    def __init__(self, breaks_at: type[Any] | tuple[type[Any], ...] = ()) -> None:
        self._breaks_at = breaks_at

    def present(self, output: Output) -> list[Frame]:
        """Translate one output."""
        if isinstance(output, self._breaks_at):
            raise LookupError("sk-or-v1-0123456789")
        return [Yield({"told": output})]


class Reading:
    """A host that reads a stream in its own task."""

    def __init__(self, stream: AsyncIterator[Any]) -> None:
        self.payloads: list[Any] = []
        self._stream = stream
        self.task = asyncio.create_task(self._read())

    @property
    def told(self) -> list[Output]:
        """The outputs that left so far."""
        return [payload["told"] for payload in self.payloads if "told" in payload]

    @property
    def errors(self) -> list[Any]:
        """The error chunks so far."""
        return [payload["error"] for payload in self.payloads if "error" in payload]

    async def comes_to(self, number: int) -> None:
        """Wait until so many payloads have come."""
        await until(lambda: len(self.payloads) >= number)

    async def _read(self) -> None:
        async for payload in self._stream:
            self.payloads.append(payload)


def page_stream(
    turn: ScriptedTurn, clock: FakeClock, presenter: Any = None, emitter: Any = None, pacer: Pacer | None = None
) -> AsyncIterator[Any]:
    """Start the page's generator."""
    telemetry = RecordedTelemetry()
    guard = PageGuard(presenter or Told(), FakeIds(), telemetry)
    return paced(turn.start, guard, GuardedEmitter(emitter, telemetry, longest=0.01), clock, pacer)


def own_tasks() -> set[str]:
    """Name the tasks of ours that run."""
    return {task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("openrouter-pipe")}


async def begun(turn: ScriptedTurn, clock: FakeClock) -> Reading:
    """Return a reading that got its first piece and holds a second one back."""
    turn.send(ShowText(0, "a"), ShowText(0, "b"))
    reading = Reading(page_stream(turn, clock))
    await until(lambda: turn.asked == 3 and clock.moments)
    assert reading.told == [ShowText(0, "a")]
    return reading
