"""Short notices for the user, shown beside the answer: values, which the entrypoint puts into words."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ports.usage import NOT_PAID, Paid, SpentSoFar, Timing, Usage


@dataclass(frozen=True, slots=True)
class ToolSkipped:
    """A call of the tool `name` is not run: it failed repeatedly."""

    name: str


@dataclass(frozen=True, slots=True)
class ToolPaused:
    """The tool `name` is not called for `seconds`; `again`: it failed once more after an earlier pause."""

    name: str
    seconds: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class TurnStopped:
    """The person stopped the turn: what it consumed and cost until then, and what was spent in all, if asked for."""

    timing: Timing
    usage: Usage | None = None
    paid: Paid = NOT_PAID
    spent: SpentSoFar | None = None


Notice = ToolSkipped | ToolPaused | TurnStopped


@runtime_checkable
class Notices(Protocol):
    """Shows notices to the user who sent this turn. Never raises; some hosts show nothing."""

    async def notify(self, notice: Notice) -> None:
        """Show a notice as the latest status; nothing follows TurnStopped."""
        ...
