"""What the machine wants: outputs for the reader, commands for the driver. Those about tool calls: `domain.tools`."""

from dataclasses import dataclass
from enum import Enum

from domain.conversation.record import TurnItem
from domain.faults.fault import Fault
from domain.request.lessons import Condition
from domain.request.repair import Lesson
from domain.tools.steps import CancelCall as CancelCall
from domain.tools.steps import ClearTimer as ClearTimer
from domain.tools.steps import SetTimer as SetTimer
from domain.tools.steps import ShowCall as ShowCall
from domain.tools.steps import ShowCallResult as ShowCallResult
from domain.tools.steps import StartCall as StartCall
from domain.turn.outcome import Outcome
from domain.turn.statuses import Status
from ports.json_values import JsonObject
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest
from ports.toolbox import ToolCall
from ports.usage import Timing, Usage

# --- outputs: yielded to the reader, in order --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowText:
    """A piece of the answer. `segment` numbers the pieces of output of the turn: a new one is a new paragraph."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class ShowReasoning:
    """A piece of thinking, numbered like text."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class CloseReasoning:
    """A block of thinking is complete; `seconds` it took; `item` as upstream sent it."""

    segment: int
    seconds: float
    item: JsonObject


@dataclass(frozen=True, slots=True)
class ShowImage:
    """A generated picture: `url` is an https or data URL."""

    segment: int
    url: str


@dataclass(frozen=True, slots=True)
class ShowCitation:
    """A source the text refers to; each URL once per turn."""

    url: str
    title: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """A status for the person while waiting."""

    status: Status


@dataclass(frozen=True, slots=True)
class HandOverCall:
    """A tool call the caller has to run; `position` counts from 0 among them, `segment` numbers it in the turn."""

    position: int
    call: ToolCall
    segment: int = 0


class Reason(Enum):
    """Why a turn ended; the values are finish reasons of chat completions where one fits."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    TOOL_CALLS = "tool_calls"
    FAULT = "error"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class End:
    """How a turn ended: with `fault` if and only if `reason` is FAULT.

    `usage` sums the calls upstream accounted for; `unbilled_characters` came from a call that upstream accepted and
    whose bill never came, else None. `error_id` is the turn's id for support and log. `shown`: whether the reader got
    anything.
    """

    reason: Reason
    timing: Timing
    error_id: str
    fault: Fault | None = None
    usage: Usage | None = None
    unbilled_characters: int | None = None
    shown: bool = False
    attempts: int = 0
    rounds: int = 0
    response_id: str = ""
    model: str = ""
    ignored_events: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The last output of every turn that was not cancelled, exactly once."""

    end: End


Output = (
    ShowText
    | ShowReasoning
    | CloseReasoning
    | ShowImage
    | ShowCitation
    | ShowStatus
    | ShowCall
    | ShowCallResult
    | HandOverCall
    | Ended
)

# --- commands: run by the driver ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallUpstream:
    """Drop the attempt in flight, if any, and start the one announced with this body, `after` seconds from now."""

    request: UpstreamRequest
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Persist:
    """Keep what a round left for later turns; `model` answered, empty if upstream did not say."""

    model: str
    items: tuple[TurnItem, ...]


@dataclass(frozen=True, slots=True)
class AttemptBegan:
    """Attempt `no` of the turn, counted from 1, is about to be sent: always before the `CallUpstream` that sends it."""

    no: int
    body: ResponsesBody
    endpoint: Endpoint = Endpoint.RESPONSES


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """Attempt `no` is over: exactly once for each that began, before the next one begins.

    `usage` is None when its bill never came. Then `unbilled` counts the characters of its answer if it may be billed
    all the same, and is None if it costs nothing. `generation_id` and `model` are empty if upstream did not say.
    """

    no: int
    outcome: Outcome
    usage: Usage | None
    generation_id: str
    model: str = ""
    unbilled: int | None = None


@dataclass(frozen=True, slots=True)
class Learn:
    """Remember for later requests to `model` what made this one pass; `condition`: of the request that was refused."""

    model: str
    lesson: Lesson
    condition: Condition


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn is over: close what is open and settle."""

    end: End


Booking = AttemptBegan | AttemptEnded | Persist | Learn
"""What the use case notes down."""

Command = CallUpstream | StartCall | CancelCall | SetTimer | ClearTimer | Booking | Finish
Step = Output | Command

COMMANDS = (
    CallUpstream,
    StartCall,
    CancelCall,
    SetTimer,
    ClearTimer,
    AttemptBegan,
    AttemptEnded,
    Persist,
    Learn,
    Finish,
)
