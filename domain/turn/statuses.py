"""The statuses shown to a waiting person, as values; entrypoints put them into words."""

from dataclasses import dataclass
from datetime import datetime

from domain.conversation.left_out import LeftOut
from domain.faults.fault import Fault
from ports.budgets import Unit


@dataclass(frozen=True, slots=True)
class WaitingForPlace:
    """All slots of the process are taken; the turn waits in line, and `ahead` others begin before it."""

    ahead: int = 0


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """The model has sent nothing yet; `stage` counts these statuses of one turn from 1. `drawing`: it only draws."""

    stage: int
    drawing: bool = False


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
class EffortLeftOut:
    """The request no longer sets the reasoning effort: the model decides."""


@dataclass(frozen=True, slots=True)
class ThinkingLeftOut:
    """Upstream refused thinking of earlier answers; the request goes once more without it."""


@dataclass(frozen=True, slots=True)
class HistoryAsText:
    """Upstream refused the stored form of earlier answers; they go once more as plain text."""


@dataclass(frozen=True, slots=True)
class OutputLimited:
    """The balance affords at most `tokens` output tokens; the request goes once more with that limit."""

    tokens: int


@dataclass(frozen=True, slots=True)
class ResultsShortened:
    """The request would not fit the model: `count` earlier results of tools are shortened in it."""

    count: int


@dataclass(frozen=True, slots=True)
class ToolsRejected:
    """Tools are left out, by name: upstream refused their schemas, or (`surplus`) takes no more tools than the rest."""

    names: tuple[str, ...]
    surplus: bool = False


@dataclass(frozen=True, slots=True)
class ToolsNotTaken:
    """None of the providers that may answer takes tools; the request goes once more without any."""


@dataclass(frozen=True, slots=True)
class ModelReplaced:
    """The model `was` is not available; the model `by` answers. Both are slugs."""

    was: str
    by: str


@dataclass(frozen=True, slots=True)
class CheaperModel:
    """The budget named `budget` is spent for the model `was`; the model `by` answers. Models are slugs."""

    was: str
    by: str
    budget: str


@dataclass(frozen=True, slots=True)
class PaidToolsLeftOut:
    """The budget named `budget` is spent; the free model answers without upstream's tools that cost money."""

    budget: str


@dataclass(frozen=True, slots=True)
class BudgetLow:
    """Of the budget named `budget`, `spent` of `limit` (whole numbers of `unit`, see `ports/budgets`) is spent.

    It begins anew at `ends`.
    """

    budget: str
    unit: Unit
    spent: int
    limit: int
    ends: datetime


@dataclass(frozen=True, slots=True)
class ToolsLeftOut:
    """The model takes at most `most` tools; those named are not offered."""

    names: tuple[str, ...]
    most: int


@dataclass(frozen=True, slots=True)
class PictureNotStored:
    """The host did not store a picture; the answer contains it as data."""


@dataclass(frozen=True, slots=True)
class MediaLeftOut:
    """Media of the messages that are not sent: those `left`, and `surplus` of the chat's `pictures` beyond `most`."""

    left: tuple[LeftOut, ...]
    surplus: int = 0
    pictures: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class FileNotStored:
    """The host did not store a file that a tool returned; it is not shown."""


@dataclass(frozen=True, slots=True)
class CallWithheld:
    """Armor withheld a call of the tool `tool`, empty if unknown; the model knows and goes on."""

    tool: str = ""


@dataclass(frozen=True, slots=True)
class AnswerBegins:
    """The answer begins; the status line is removed."""


Status = (
    WaitingForPlace
    | StillWaiting
    | TryingAgain
    | EffortAdjusted
    | EffortLeftOut
    | ThinkingLeftOut
    | HistoryAsText
    | OutputLimited
    | ResultsShortened
    | ToolsNotTaken
    | ToolsRejected
    | ModelReplaced
    | CheaperModel
    | PaidToolsLeftOut
    | BudgetLow
    | ToolsLeftOut
    | PictureNotStored
    | MediaLeftOut
    | FileNotStored
    | CallWithheld
    | AnswerBegins
)
