"""The driver: waits for whatever comes first, feeds the machine, runs its commands, yields its outputs.

One task, no queue. It waits for the next batch from upstream, the earliest timer or a finished call. Commands of a
batch are run before its outputs are yielded, so a slow reader delays neither a tool nor the settlement.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from domain.services.attempt import Attempt
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, Crashed, TimerFired, TurnEvent
from domain.turn.machine import Phase, TurnMachine
from domain.turn.steps import (
    COMMANDS,
    CallUpstream,
    CancelCall,
    ClearTimer,
    Command,
    End,
    Finish,
    Output,
    Persist,
    Record,
    SetTimer,
    StartCall,
    Step,
)
from ports.clock import Clock
from ports.responses import ResponsesBody, ResponsesClient, ResponsesError, UpstreamCall, UpstreamEvent
from ports.toolbox import Toolbox, ToolResult

Own = Callable[[Coroutine[Any, Any, None], str], None]


@dataclass(frozen=True, slots=True)
class TurnPorts:
    """What one turn reaches of the world."""

    responses: ResponsesClient
    clock: Clock
    toolbox: Toolbox | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the use case does for a turn: `settle` once at its end, `journal` each booking, `own` loose tasks."""

    settle: Callable[[End], Awaitable[None]]
    journal: Callable[[Persist | Record], None]
    own: Own


class Driver:
    """Drives one machine. Settlement runs once, in an owned task, however the turn ends."""

    def __init__(
        self,
        machine: TurnMachine,
        ports: TurnPorts,
        call: Callable[[ResponsesBody], UpstreamCall],
        upkeep: Upkeep,
    ) -> None:
        self._machine, self._ports, self._call = machine, ports, call
        self._upkeep, self._own = upkeep, upkeep.own
        self._attempt: Attempt | None = None
        self._pull: asyncio.Task[Sequence[UpstreamEvent]] | None = None
        self._calls: dict[str, asyncio.Task[ToolResult]] = {}
        self._timers: dict[str, float] = {}
        self._alarm: tuple[float, asyncio.Task[None]] | None = None
        self._settled = False

    async def outputs(self) -> AsyncGenerator[Output, None]:
        """Yield the turn's outputs; the last is `Ended`, and settlement has begun before it is yielded."""
        events: Sequence[TurnEvent] = (Begun(),)
        while True:
            for output in self._advance(events):
                yield output
            if self._machine.ended:
                return
            events = await self._next_events()

    def abandon(self) -> None:
        """End the turn as cancelled unless it has ended; returns at once, settlement goes on by itself."""
        if not self._machine.ended:
            self._apply(self._machine.feed(Cancelled(), self._ports.clock.monotonic()))

    # --- waiting ------------------------------------------------------------------------------------------

    async def _next_events(self) -> Sequence[TurnEvent]:
        self._start_pull()
        waits: set[asyncio.Task[Any]] = set(self._calls.values())
        if self._pull is not None:
            waits.add(self._pull)
        alarm = self._set_alarm()
        if alarm is not None:
            waits.add(alarm)
        if not waits:
            return (Crashed("nothing is left to wait for"),)
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return [*self._finished_calls(), *self._pulled(), *self._due()]

    def _start_pull(self) -> None:
        if self._attempt is not None and self._pull is None and not self._attempt.finished:
            self._pull = self._task(self._attempt.next_batch(), "upstream")

    def _pulled(self) -> Sequence[TurnEvent]:
        pull = self._pull
        if pull is None or not pull.done():
            return ()
        self._pull = None
        if pull.cancelled():
            return (Crashed("the upstream read was cancelled from outside"),)
        error = pull.exception()
        if error is None:
            return pull.result()
        if isinstance(error, ResponsesError):
            return (AttemptFailed(error),)
        return (Crashed(named(error)),)

    def _finished_calls(self) -> list[TurnEvent]:
        events: list[TurnEvent] = []
        for call_id, task in list(self._calls.items()):
            if task.done():
                del self._calls[call_id]
                failed = task.cancelled() or task.exception() is not None
                result = ToolResult("Error: the tool failed.", failed=True) if failed else task.result()
                events.append(CallFinished(call_id, result))
        return events

    def _due(self) -> list[TurnEvent]:
        now = self._ports.clock.monotonic()
        due = sorted((at, name) for name, at in self._timers.items() if at <= now)
        for _, name in due:
            del self._timers[name]
        return [TimerFired(name) for _, name in due]

    def _set_alarm(self) -> "asyncio.Task[None] | None":
        """Keep one waiting task, for the earliest timer."""
        earliest = min(self._timers.values(), default=None)
        if self._alarm is not None:
            at, task = self._alarm
            if at == earliest and not task.done():
                return task
            task.cancel()
            self._alarm = None
        if earliest is None:
            return None
        task = self._task(self._ports.clock.sleep_until(earliest), "timer")
        self._alarm = (earliest, task)
        return task

    # --- commands -----------------------------------------------------------------------------------------

    def _advance(self, events: Sequence[TurnEvent]) -> list[Output]:
        now = self._ports.clock.monotonic()
        try:
            steps = self._machine.feed_all(events, now)
        except Exception as defect:  # noqa: BLE001 - the edge of a turn: a defect of ours must end as a fault
            steps = self._machine.feed(Crashed(named(defect)), now)
        return self._apply(steps)

    def _apply(self, steps: Sequence[Step]) -> list[Output]:
        """Run the commands and return the outputs. One that fails ends the turn and never keeps it from its end."""
        outputs: list[Output] = []
        failed: Exception | None = None
        for step in steps:
            if not isinstance(step, COMMANDS):
                outputs.append(step)
                continue
            try:
                self._run(step)
            except Exception as defect:  # noqa: BLE001 - the same edge: an adapter broke its contract
                failed = defect
        if failed is not None:
            outputs += self._crash(failed)
        if self._attempt is not None and self._machine.phase is not Phase.CALLING:
            self._drop_attempt()
        return outputs

    def _crash(self, defect: Exception) -> list[Output]:
        if not self._machine.ended:
            return self._apply(self._machine.feed(Crashed(named(defect)), self._ports.clock.monotonic()))
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": "a turn could not be booked", "exception": defect})
        return []

    def _run(self, command: Command) -> None:
        match command:
            case CallUpstream(body, after):
                self._drop_attempt()
                clock = self._ports.clock
                at = clock.monotonic() + after
                self._attempt = Attempt(self._ports.responses, self._call(body), clock, at)
                self._start_pull()
            case StartCall(call):
                if self._ports.toolbox is not None:
                    self._calls[call.call_id] = self._task(self._ports.toolbox.call(call), f"tool-{call.name}")
            case CancelCall(call_id):
                task = self._calls.pop(call_id, None)
                if task is not None:
                    self._own(_ended(task), "openrouter-pipe-cancel-call")
            case SetTimer(name, at):
                self._timers[name] = at
            case ClearTimer(name):
                self._timers.pop(name, None)
            case Finish(end):
                self._finish(end)
            case Persist() | Record():
                self._upkeep.journal(command)
            case _:
                assert_never(command)

    def _drop_attempt(self) -> None:
        attempt, pull = self._attempt, self._pull
        self._attempt = self._pull = None
        if attempt is not None:
            self._own(_closed(attempt, pull), "openrouter-pipe-close-attempt")

    def _finish(self, end: End) -> None:
        if self._settled:
            return
        self._settled = True
        attempt, pull = self._attempt, self._pull
        tasks: list[asyncio.Task[Any]] = list(self._calls.values())
        if self._alarm is not None:
            tasks.append(self._alarm[1])
        self._attempt = self._pull = self._alarm = None
        self._calls = {}

        async def close_and_settle() -> None:
            try:
                for task in tasks:
                    await _ended(task)
                if attempt is not None:
                    await _closed(attempt, pull)
            finally:
                await self._upkeep.settle(end)

        self._own(close_and_settle(), "openrouter-pipe-settle")

    def _task(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        return asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-{name}")


def named(defect: BaseException) -> str:
    """Name a defect for the log."""
    return f"{type(defect).__name__}: {defect}"


async def _ended(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()


async def _closed(attempt: Attempt, pull: "asyncio.Task[Any] | None") -> None:
    if pull is not None:
        await _ended(pull)
    await attempt.close()
