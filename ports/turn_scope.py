"""The turn that runs in a task: what its log lines carry, and the transcript that receives them.

A context variable names it, so that tasks which the turn starts belong to it too. Without a turn, a look-up costs one
read of that variable.
"""

from collections.abc import Mapping
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Protocol

from ports.telemetry import Level, LogValue


class LineReceiver(Protocol):
    """Receives the log lines of one turn. Never blocks and never raises."""

    def log(self, level: Level, name: str, values: Mapping[str, LogValue]) -> None:
        """Take one line."""
        ...


@dataclass(frozen=True, slots=True)
class TurnScope:
    """A running turn: `ids` are added to each of its log lines, `lines` receives them if anybody keeps them."""

    ids: Mapping[str, str]
    lines: LineReceiver | None = None


OpenTurn = list[TurnScope]
"""Holds the scope of a turn until it is closed.

A plain list, because contexts outlive turns: a connection that stays open keeps the context in which it was made. All
that this holds of a closed turn is an empty list, whose class is nobody's.
"""

_TURN: ContextVar[OpenTurn | None] = ContextVar("openrouter_pipe_turn", default=None)


def open_turn(ids: Mapping[str, str], lines: LineReceiver | None = None) -> OpenTurn:
    """Return a turn that tasks can enter."""
    return [TurnScope(ids, lines)]


def close_turn(turn: OpenTurn) -> None:
    """End a turn: tasks that outlive it no longer log in its name."""
    turn.clear()


def enter_turn(turn: OpenTurn) -> None:
    """Let the rest of this task, and the tasks that it starts, belong to a turn."""
    if _TURN.get() is not turn:
        _TURN.set(turn)


def leave_turn(turn: OpenTurn) -> None:
    """Let the rest of this task belong to no turn, if it belongs to this one."""
    if _TURN.get() is turn:
        _TURN.set(None)


def running_turn() -> TurnScope | None:
    """Return the turn that runs here; None if there is none, or it was closed."""
    turn = _TURN.get()
    return turn[0] if turn else None


def of_no_turn() -> Context:
    """Return this task's context without its turn, for a task that serves all turns although one has begun it.

    Otherwise what it logs for one person would carry the ids of another, and stand in their transcript.
    """
    context = copy_context()
    context.run(_TURN.set, None)
    return context
