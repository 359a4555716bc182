"""Steps of a round of tool calls: commands for the driver and outputs for the reader. Part of the machine's steps."""

from dataclasses import dataclass

from ports.toolbox import ToolCall, ToolResult


@dataclass(frozen=True, slots=True)
class ShowCall:
    """A tool call starts running."""

    segment: int
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ShowCallResult:
    """A tool call of this turn has its output."""

    segment: int
    call: ToolCall
    result: ToolResult


@dataclass(frozen=True, slots=True)
class StartCall:
    """Run a tool call."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class CancelCall:
    """Stop a running tool call and ignore its result. `overdue`: it had begun and exceeded its time limit."""

    call_id: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Report `TimerFired(name)` at clock value `at`; replaces a timer of that name."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class ClearTimer:
    """Clear a timer; nothing happens if it is not set."""

    name: str


CallStep = ShowCall | ShowCallResult | StartCall | CancelCall | SetTimer | ClearTimer
