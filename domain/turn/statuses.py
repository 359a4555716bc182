"""The statuses shown to a waiting person, as values; entrypoints put them into words."""

from dataclasses import dataclass

from domain.faults.fault import Fault


@dataclass(frozen=True, slots=True)
class WaitingForPlace:
    """All slots of the process are taken; the turn waits in line."""


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """The model has sent nothing yet; `stage` counts these statuses of one turn from 1."""

    stage: int


@dataclass(frozen=True, slots=True)
class TryingAgain:
    """Attempt number `attempt` follows in `seconds` because of `fault`."""

    fault: Fault
    seconds: int
    attempt: int


@dataclass(frozen=True, slots=True)
class EffortAdjusted:
    """The reasoning effort changes from `was` to `effort`, which the model accepts."""

    was: str
    effort: str


@dataclass(frozen=True, slots=True)
class ReasoningLeft:
    """The request no longer sets the reasoning effort: the model decides."""


@dataclass(frozen=True, slots=True)
class ModelReplaced:
    """The model `was` is not available; the model `by` answers. Both are slugs."""

    was: str
    by: str


@dataclass(frozen=True, slots=True)
class ToolsLeftOut:
    """The model takes at most `most` tools; those named are not offered."""

    names: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Searching:
    """The model searches the web."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A web search has ended; `query` is one line of at most 200 characters, empty if unknown."""

    query: str


@dataclass(frozen=True, slots=True)
class AnswerBegins:
    """The answer begins; the status line is removed."""


Status = (
    WaitingForPlace
    | StillWaiting
    | TryingAgain
    | EffortAdjusted
    | ReasoningLeft
    | ModelReplaced
    | ToolsLeftOut
    | Searching
    | Searched
    | AnswerBegins
)
