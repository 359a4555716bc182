"""What a waiting person is told, as values; entrypoints put them into words."""

from dataclasses import dataclass

from domain.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class WaitingForPlace:
    """All places of the process are taken; the turn waits in line."""


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """Nothing has come from the model yet; `stage` counts these statuses of one turn from 1."""

    stage: int


@dataclass(frozen=True, slots=True)
class TryingAgain:
    """Attempt number `attempt` follows in `seconds`, because of `fault`."""

    fault: Fault
    seconds: int
    attempt: int


@dataclass(frozen=True, slots=True)
class EffortAdjusted:
    """The effort of thinking is changed from `was` to `effort`, which the model takes."""

    was: str
    effort: str


@dataclass(frozen=True, slots=True)
class ReasoningLeft:
    """The request says nothing of thinking any more: the model decides."""


@dataclass(frozen=True, slots=True)
class ModelReplaced:
    """The model `was` is not available; the model `by` answers. Both are slugs."""

    was: str
    by: str


@dataclass(frozen=True, slots=True)
class Searching:
    """The model searches the web."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A search of the web has ended; `query` is one line of at most 200 characters, empty if unknown."""

    query: str


@dataclass(frozen=True, slots=True)
class AnswerBegins:
    """The answer begins: the status line is removed."""


Status = (
    WaitingForPlace
    | StillWaiting
    | TryingAgain
    | EffortAdjusted
    | ReasoningLeft
    | ModelReplaced
    | Searching
    | Searched
    | AnswerBegins
)
