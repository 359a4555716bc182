"""What a round of tool calls wants of the driver and shows to the reader; part of the turn machine's steps."""

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
    """Stop a running tool call; its end is of no interest any more. `overdue`: it had begun and took too long."""

    call_id: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Report `TimerFired(name)` at clock value `at`; replaces a timer of that name."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class ClearTimer:
    """Forget a timer, set or not."""

    name: str


CallStep = ShowCall | ShowCallResult | StartCall | CancelCall | SetTimer | ClearTimer
