"""A driver whose work is recorded for the timing log; chosen only while somebody records."""

from collections.abc import Callable

from domain.services.drive_turn import Driver, TurnPorts, Upkeep
from domain.turn.machine import TurnMachine
from domain.turn.steps import CallUpstream, Output, ShowCall, ShowImage, ShowReasoning, ShowText
from ports.responses import UpstreamCall
from ports.timings import TimingScope, timing_mark, timing_scope

SHOWN = (ShowText, ShowReasoning, ShowImage, ShowCall)


class TimedDriver(Driver):
    """Drives like any other; the first event and the first output are stations."""

    def __init__(
        self,
        machine: TurnMachine,
        ports: TurnPorts,
        call: Callable[[CallUpstream], UpstreamCall],
        upkeep: Upkeep,
        scope: TimingScope,
    ) -> None:
        super().__init__(machine, ports, call, upkeep)
        self._scope = scope
        self._silent = True

    def begin(self) -> list[Output]:
        """Start the turn."""
        with timing_scope(self._scope):
            timing_mark("turn_began")
            return super().begin()

    async def proceed(self) -> list[Output]:
        """Wait for the next event."""
        with timing_scope(self._scope):
            outputs = await super().proceed()
            if self._silent and any(isinstance(output, SHOWN) for output in outputs):
                self._silent = False
                timing_mark("first_output")
            if self.ended:
                timing_mark("turn_ended")
            return outputs
