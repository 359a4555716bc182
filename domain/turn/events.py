"""What can happen to a turn: everything upstream says, and what the driver reports."""

from dataclasses import dataclass

from ports.response_events import UpstreamEvent
from ports.responses import ResponsesError
from ports.toolbox import ToolResult


@dataclass(frozen=True, slots=True)
class Begun:
    """A place is taken; the turn may start."""


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The attempt in flight ended with an error of the port."""

    error: ResponsesError


@dataclass(frozen=True, slots=True)
class CallBegan:
    """A tool call that was started has its place in the process and begins; its time counts from now."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A tool call came to its end."""

    call_id: str
    result: ToolResult


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer set earlier is due."""

    name: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The reader is gone: stop button, closed connection, shutdown."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """The driver met a defect of ours; `what` names it for the log."""

    what: str


OF_ONE_ATTEMPT = AttemptFailed | UpstreamEvent
"""What is about the attempt that is open, and means nothing once it was given up."""

TurnEvent = Begun | AttemptFailed | CallBegan | CallFinished | TimerFired | Cancelled | Crashed | UpstreamEvent
