"""The turn that runs in a task: what its log lines carry, and the transcript that receives them.

A context variable names it, so that tasks which the turn starts belong to it too. Without a turn, a look-up costs one
read of that variable.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Protocol

from ports.telemetry import Level, LogValue


class LineReceiver(Protocol):
    """Receives the log lines of one turn. Never blocks and never raises."""

    def log(self, level: Level, name: str, values: Mapping[str, LogValue]) -> None:
        """Take one line."""
        ...


class TurnScope:
    """One turn: `ids` are added to each of its log lines, `lines` receives them if anybody keeps them.

    Once it has `ended`, tasks that outlive the turn no longer log in its name.
    """

    __slots__ = ("ended", "ids", "lines")

    def __init__(self, ids: Mapping[str, str], lines: LineReceiver | None = None) -> None:
        self.ids, self.lines, self.ended = ids, lines, False


_SCOPE: ContextVar[TurnScope | None] = ContextVar("openrouter_pipe_turn", default=None)


def enter_turn(scope: TurnScope) -> None:
    """Let the rest of this task, and the tasks that it starts, belong to a turn."""
    if _SCOPE.get() is not scope:
        _SCOPE.set(scope)


def leave_turn(scope: TurnScope) -> None:
    """Let the rest of this task belong to no turn, if it belongs to this one."""
    if _SCOPE.get() is scope:
        _SCOPE.set(None)


def running_turn() -> TurnScope | None:
    """Return the turn that runs here; None if there is none, or it has ended."""
    scope = _SCOPE.get()
    return None if scope is None or scope.ended else scope
