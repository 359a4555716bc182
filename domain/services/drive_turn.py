"""The third step of a turn: wait for the next event, feed the machine, run its commands, return its outputs.

One task, no queue. The driver waits for the next batch from upstream, the earliest timer or a finished call. The
commands of a batch run before its outputs are returned, so a slow reader delays neither tools nor settlement.

While only upstream can send something, the driver reads in the reader's own task: a word then costs no task, future or
loop pass beyond those of the socket. Otherwise a separate task reads, and nothing interrupts that read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from domain.services.attempt import Attempt
from domain.services.owned_tasks import Own, named
from domain.services.running_calls import CallRunner, RunningCalls, cancelled
from domain.services.turn_timers import TurnTimers
from domain.turn.events import Begun, Cancelled, Crashed, TimerFired, TurnEvent
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
    ShowText,
    StartCall,
    Step,
    UnknownTypes,
)
from ports.clock import Clock
from ports.responses import ResponsesClient, UpstreamCall

PATIENT = frozenset({IDLE})
"""Timers that show nothing during a stream: they are set again, or they end the attempt."""


@dataclass(frozen=True, slots=True)
class TurnPorts:
    """The ports of one turn."""

    responses: ResponsesClient
    clock: Clock
    calls: CallRunner | None


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Callbacks of the use case: `settle` once at the end, `journal` for each booking, `own` for background tasks.

    `report` logs a defect that can change the turn no more; it masks secrets, which the text of a defect may quote.
    """

    settle: Callable[[End], Awaitable[None]]
    journal: Callable[[Booking], None]
    own: Own
    report: Callable[[Exception], None]


class Driver:
    """Drives one machine until it has `ended`. Settlement runs once, in an owned task, however the turn ends."""

    def __init__(
        self,
        machine: TurnMachine,
        ports: TurnPorts,
        call: Callable[[CallUpstream], UpstreamCall],
        upkeep: Upkeep,
    ) -> None:
        self._machine, self._ports, self._call, self._upkeep = machine, ports, call, upkeep
        self._attempt: Attempt | None = None
        self._calls = RunningCalls(ports.calls, upkeep.own, self._stir)
        self._timers = TurnTimers(ports.clock, self._ring)
        self._undisturbed = False  # only upstream can send something; a command or timer resets it
        self._held: list[Output] = []  # outputs of a timer that fired during a read
        self._news: asyncio.Future[None] | None = None
        self._stirred = False
        self.ended = False

    def begin(self) -> list[Output]:
        """Start the turn and return its first outputs."""
        return self._advance((Begun(),))

    async def proceed(self) -> list[Output]:
        """Wait for the next event and return its outputs, which may be empty. Must not be called once `ended`.

        The last output of a turn is `Ended`; settlement has begun by then.
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
        """Cancel the turn unless it has ended; returns at once, settlement continues in the background."""
        if not self._machine.ended:
            self._apply(self._machine.feed(Cancelled(), self._ports.clock.monotonic()))

    def leave(self) -> None:
        """Abandon the turn, as nobody will read it any more, and hold nothing that holds the driver.

        Python frees a cycle late, and each one makes its collections longer.
        """
        self.abandon()
        self._calls.forget()
        self._timers.forget()

    # --- waiting ------------------------------------------------------------------------------------------

    async def _next_events(self) -> Sequence[TurnEvent]:
        attempt = self._attempt
        self._timers.arm()
        if not self._stirred:
            if attempt is None and not self._calls and not self._timers.armed:
                return (Crashed("nothing is left to wait for"),)
            if attempt is not None:
                if not attempt.asked and not self._calls and self._timers.names <= PATIENT:
                    self._undisturbed = True
                    return ()
                attempt.ask()
            self._news = asyncio.get_running_loop().create_future()
            await self._news
            self._news = None
        self._stirred = False
        arrived = attempt.taken() if attempt is not None else ()
        return [*self._calls.events(), *arrived, *map(TimerFired, self._timers.due())]

    def _stir(self) -> None:
        """Wake the driver, or keep it awake: an event has arrived."""
        self._stirred, self._undisturbed = True, False
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _ring(self) -> None:
        """Note that a timer is due; during a read, process it here and let the read continue."""
        if self._attempt is None or not self._attempt.read_here:
            self._stir()
            return
        self._held += self._advance([TimerFired(name) for name in self._timers.due()])
        if not self.ended:
            self._timers.arm()

    # --- commands -----------------------------------------------------------------------------------------

    def _advance(self, events: Sequence[TurnEvent]) -> list[Output]:
        now = self._ports.clock.monotonic()
        try:
            steps = self._machine.feed_all(events, now)
        except Exception as defect:  # noqa: BLE001 - the edge of a turn: a defect becomes a fault
            steps = self._machine.feed(Crashed(named(defect)), now)
        if len(steps) == 1 and isinstance(step := steps[0], ShowText):  # only text: no command, the attempt continues
            return [step]
        return self._apply(steps)

    def _apply(self, steps: Sequence[Step]) -> list[Output]:
        """Run the commands and return the outputs. A command that fails ends the turn with a fault."""
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
        elif self._attempt is not None and not self._attempt.begun and (outputs or not self._timers.names <= PATIENT):
            self._attempt.ask()  # send at once, however slowly the reader takes the outputs
        return outputs

    def _crash(self, defect: Exception) -> list[Output]:
        if not self._machine.ended:
            return self._apply(self._machine.feed(Crashed(named(defect)), self._ports.clock.monotonic()))
        self._upkeep.report(defect)
        return []

    def _run(self, command: Command) -> None:
        match command:
            case CallUpstream():
                self._drop_attempt()
                clock = self._ports.clock
                at = clock.monotonic() + command.after
                self._attempt = Attempt(self._ports.responses, self._call(command), clock, at, self._stir)
            case StartCall(call):
                self._calls.start(call)
            case CancelCall(call_id, overdue):
                self._calls.cancel(call_id, overdue=overdue)
            case SetTimer(name, at):
                self._timers.set(name, at)
            case ClearTimer(name):
                self._timers.clear(name)
            case Finish(end):
                self._finish(end)
            case AttemptBegan() | AttemptEnded() | UnknownTypes() | Persist() | Learn():
                self._upkeep.journal(command)
            case _:
                assert_never(command)

    def _drop_attempt(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            self._upkeep.own(attempt.close(), "openrouter-pipe-close-attempt")

    def _finish(self, end: End) -> None:
        if self.ended:
            return
        self.ended = True
        attempt, self._attempt = self._attempt, None
        tasks = self._calls.released()
        self._timers.disarm()

        async def close_and_settle() -> None:
            try:
                for task in tasks:
                    await cancelled(task)
                if attempt is not None:
                    await attempt.close()
            finally:
                await self._upkeep.settle(end)

        self._upkeep.own(close_and_settle(), "openrouter-pipe-settle")
