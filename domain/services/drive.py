"""The driver: waits for whatever comes first, feeds the machine, runs its commands, returns its outputs.

One task, no queue. It waits for the next batch from upstream, the earliest timer or a finished call. Commands of a
batch are run before its outputs are returned, so a slow reader delays neither a tool nor the settlement.

While only upstream can bring anything, the driver reads it in the reader's own task: a word then costs no task, future
or pass of the event loop beyond those of the socket. Otherwise a task of its own reads, and nothing interrupts a read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, assert_never

from domain.services.attempt import Attempt
from domain.tools.replies import FAILED
from domain.turn.events import Begun, CallBegan, CallFinished, Cancelled, Crashed, TimerFired, TurnEvent
from domain.turn.machine import IDLE, Phase, TurnMachine
from domain.turn.steps import (
    COMMANDS,
    AttemptBegan,
    AttemptEnded,
    Booking,
    CallUpstream,
    CancelCall,
    ClearTimer,
    Command,
    End,
    Finish,
    Learn,
    Output,
    Persist,
    SetTimer,
    StartCall,
    Step,
)
from ports.clock import Clock
from ports.responses import ResponsesClient, UpstreamCall
from ports.toolbox import ToolCall, ToolResult

Own = Callable[[Coroutine[Any, Any, None], str], None]

PATIENT = frozenset({IDLE})
"""Timers that never say anything beside a stream: they are set again, or they end the attempt."""

OVERDUE = "overdue"
"""The message with which a call is cancelled whose time is up."""


class CallRunner(Protocol):
    """Runs the tool calls of one turn."""

    async def run(self, call: ToolCall, began: Callable[[], None]) -> ToolResult:
        """Run one call to its end; `began` is told when it really begins. A failure is a failed result."""
        ...


@dataclass(frozen=True, slots=True)
class TurnPorts:
    """What one turn reaches of the world."""

    responses: ResponsesClient
    clock: Clock
    calls: CallRunner | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the use case does for a turn: `settle` once at its end, `journal` each booking, `own` loose tasks."""

    settle: Callable[[End], Awaitable[None]]
    journal: Callable[[Booking], None]
    own: Own


class Driver:
    """Drives one machine until it has `ended`. Settlement runs once, in an owned task, however the turn ends."""

    def __init__(
        self,
        machine: TurnMachine,
        ports: TurnPorts,
        call: Callable[[CallUpstream], UpstreamCall],
        upkeep: Upkeep,
    ) -> None:
        self._machine, self._ports, self._call = machine, ports, call
        self._upkeep, self._own = upkeep, upkeep.own
        self._attempt: Attempt | None = None
        self._calls: dict[str, asyncio.Task[ToolResult]] = {}
        self._begun_calls: list[TurnEvent] = []
        self._timers: dict[str, float] = {}
        self._timers_changed = False
        self._alarm: tuple[float, Callable[[], None]] | None = None
        self._undisturbed = False  # only upstream can bring anything, until a command or a timer says otherwise
        self._held: list[Output] = []  # of a timer that fired during a read
        self._news: asyncio.Future[None] | None = None
        self._stirred = False
        self.ended = False

    def begin(self) -> list[Output]:
        """Start the turn; return its first outputs."""
        return self._advance((Begun(),))

    async def proceed(self) -> list[Output]:
        """Wait for what comes next and return what it shows, maybe nothing; not to be called once `ended`.

        The last output of a turn is `Ended`, and settlement has begun before it is returned.
        """
        attempt = self._attempt
        if attempt is not None and self._undisturbed:
            events = await attempt.read()
            if attempt is not self._attempt:
                events = ()
        else:
            events = await self._next_events()
        outputs = self._advance(events)
        if self._held:
            outputs, self._held = [*self._held, *outputs], []
        return outputs

    def abandon(self) -> None:
        """End the turn as cancelled unless it has ended; returns at once, settlement goes on by itself."""
        if not self._machine.ended:
            self._apply(self._machine.feed(Cancelled(), self._ports.clock.monotonic()))

    # --- waiting ------------------------------------------------------------------------------------------

    async def _next_events(self) -> Sequence[TurnEvent]:
        attempt = self._attempt
        if self._timers_changed:
            self._set_alarm()
        if not self._stirred:
            if attempt is None and not self._calls and self._alarm is None:
                return (Crashed("nothing is left to wait for"),)
            if attempt is not None:
                if not attempt.asked and not self._calls and self._timers.keys() <= PATIENT:
                    self._undisturbed = True
                    return ()
                attempt.ask()
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        self._stirred = False
        arrived = attempt.taken() if attempt is not None else ()
        return [*self._finished_calls(), *arrived, *self._due()]

    def _stir(self, _task: object = None) -> None:
        """Wake the driver, or keep it from going to sleep: something has come in."""
        self._stirred, self._undisturbed = True, False
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _call_began(self, call_id: str) -> None:
        self._begun_calls.append(CallBegan(call_id))
        self._stir()

    def _finished_calls(self) -> list[TurnEvent]:
        events, self._begun_calls = self._begun_calls, []
        for call_id, task in list(self._calls.items()):
            if task.done():
                del self._calls[call_id]
                failed = task.cancelled() or task.exception() is not None
                events.append(CallFinished(call_id, ToolResult(FAILED, failed=True) if failed else task.result()))
        return events

    def _due(self) -> Sequence[TurnEvent]:
        now = self._ports.clock.monotonic()
        due = sorted((at, name) for name, at in self._timers.items() if at <= now)
        for _, name in due:
            del self._timers[name]
            self._timers_changed = True
        return [TimerFired(name) for _, name in due]

    def _set_alarm(self) -> None:
        """Keep one alarm, for the earliest timer."""
        self._timers_changed = False
        earliest = min(self._timers.values(), default=None)
        if self._alarm is not None:
            at, cancel = self._alarm
            if at == earliest:
                return
            cancel()
            self._alarm = None
        if earliest is not None:
            self._alarm = (earliest, self._ports.clock.call_at(earliest, self._ring))

    def _ring(self) -> None:
        """Take note of a timer that is due; beside a read it is answered here, and the read goes on undisturbed."""
        self._alarm, self._timers_changed = None, True
        if self._attempt is None or not self._attempt.read_here:
            self._stir()
            return
        self._held += self._advance(self._due())
        if not self.ended:
            self._set_alarm()

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
            self._undisturbed = False
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
            case CallUpstream():
                self._drop_attempt()
                clock = self._ports.clock
                at = clock.monotonic() + command.after
                self._attempt = Attempt(self._ports.responses, self._call(command), clock, at, self._stir)
                self._attempt.ask()
            case StartCall(call):
                if self._ports.calls is not None:
                    work = self._ports.calls.run(call, partial(self._call_began, call.call_id))
                    running = asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-tool-{call.name}")
                    running.add_done_callback(self._stir)
                    self._calls[call.call_id] = running
            case CancelCall(call_id, overdue):
                task = self._calls.pop(call_id, None)
                if task is not None:
                    self._own(_ended(task, OVERDUE if overdue else ""), "openrouter-pipe-cancel-call")
            case SetTimer(name, at):
                self._timers[name], self._timers_changed = at, True
            case ClearTimer(name):
                self._timers_changed |= self._timers.pop(name, None) is not None
            case Finish(end):
                self._finish(end)
            case AttemptBegan() | AttemptEnded() | Persist() | Learn():
                self._upkeep.journal(command)
            case _:
                assert_never(command)

    def _drop_attempt(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._own(attempt.close(), "openrouter-pipe-close-attempt")

    def _finish(self, end: End) -> None:
        if self.ended:
            return
        self.ended = True
        attempt = self._attempt
        tasks = list(self._calls.values())
        if self._alarm is not None:
            self._alarm[1]()
        self._attempt = self._alarm = None
        self._calls = {}

        async def close_and_settle() -> None:
            try:
                for task in tasks:
                    await _ended(task)
                if attempt is not None:
                    await attempt.close()
            finally:
                await self._upkeep.settle(end)

        self._own(close_and_settle(), "openrouter-pipe-settle")


def named(defect: BaseException) -> str:
    """Name a defect for the log."""
    return f"{type(defect).__name__}: {defect}"


async def _ended(task: "asyncio.Task[Any]", why: str = "") -> None:
    """Cancel a task and wait until it is gone; `why` reaches it with the cancellation."""
    task.cancel(why or None)
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
