"""The inputs of a turn: upstream's events and the driver's reports."""

from dataclasses import dataclass

from ports.response_events import UpstreamEvent
from ports.responses import ResponsesError
from ports.toolbox import ToolResult


@dataclass(frozen=True, slots=True)
class Begun:
    """The turn has its slot and may start."""


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The current attempt ended with an error of the port."""

    error: ResponsesError


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A started tool call got a slot in the process and begins; its time limit starts now."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A tool call has ended."""

    call_id: str
    result: ToolResult


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer is due."""

    name: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The reader has left: stop button, closed connection, or shutdown."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The driver hit a defect of our code; `what` names it for the log."""

    what: str


OF_ONE_ATTEMPT = AttemptFailed | UpstreamEvent
"""Events that belong to the open attempt; they are ignored once that attempt is abandoned."""

TurnEvent = Begun | AttemptFailed | CallBegan | CallFinished | TimerFired | Cancelled | Crashed | UpstreamEvent
