"""The machine's results: outputs for the reader, commands for the driver. Steps of tool calls: `domain.tools`."""

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
from domain.turn.server_tools import ServerToolReport
from domain.turn.statuses import MediaLeftOut, Status
from domain.usage.prices import Price
from ports.answer_facts import AnswerFacts
from ports.json_values import JsonObject
from ports.responses import Endpoint, ResponsesBody, UpstreamRequest
from ports.toolbox import ToolCall
from ports.usage import NOT_PAID, Paid, SpentSoFar, Timing, Usage

# --- outputs: yielded to the reader, in order --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowText:
    """A piece of the answer. `segment` numbers the output items of the turn; a new number starts a new paragraph."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class ShowRefusal(ShowText):
    """A piece of a refusal. To a person it is text of the answer as any other."""


@dataclass(frozen=True, slots=True)
class ShowReasoning:
    """A piece of reasoning, numbered like text."""

    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class CloseReasoning:
    """A block of reasoning is complete; it took `seconds`; `item` is the item as upstream sent it."""

    segment: int
    seconds: float
    item: JsonObject


@dataclass(frozen=True, slots=True)
class ShowImage:
    """A generated image. The machine shows it as received: `url` is an https address, a data URL or bare base64.

    To the reader it is an https address, the path of a file in the host, "" if it cannot be shown, or a data URL;
    that is `checked`: a picture, read to its end.
    """

    segment: int
    url: str
    checked: bool = False


@dataclass(frozen=True, slots=True)
class ShowCitation:
    """A source of the text, each once per turn. A file has no address: `url` is empty, and `title` is its name.

    `place`: the characters of its message that it is the source of, from and to (exclusive); (0, 0) if unknown.
    """

    url: str
    title: str
    excerpt: str = ""
    place: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class ShowLogprobs:
    """The probabilities of some tokens of a text, in order, once it is complete; for clients that asked for them."""

    segment: int
    tokens: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True)
class ShowServerTool:
    """A tool that upstream runs has begun, changed or ended; `segment` numbers it in the turn."""

    segment: int
    report: ServerToolReport


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """A status for a waiting person."""

    status: Status


@dataclass(frozen=True, slots=True)
class HandOverCall:
    """A tool call the caller must run. `position` counts these calls from 0; `segment` numbers the call in the turn."""

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
    """How a turn ended; it has a `fault` if and only if `reason` is FAULT.

    `usage` adds up what upstream reported. `paid`: what all attempts cost; `spent`: what was spent before them too; the
    machine knows no prices and leaves both empty. `error_id` identifies the turn for support and in the log. `shown`:
    whether the reader got any output. `facts`: what upstream said about its answers, those of all attempts together.
    `left_out`: media of the messages that were not sent. `endpoint` is that of the latest attempt, empty if there was
    none. `calls` counts the tool calls that the turn took on, `failed_calls` those of them that failed.
    """

    reason: Reason
    timing: Timing
    error_id: str
    fault: Fault | None = None
    usage: Usage | None = None
    shown: bool = False
    attempts: int = 0
    rounds: int = 0
    response_id: str = ""
    model: str = ""
    ignored_events: int = 0
    facts: AnswerFacts | None = None
    left_out: MediaLeftOut | None = None
    endpoint: str = ""
    calls: int = 0
    failed_calls: int = 0
    paid: Paid = NOT_PAID
    spent: SpentSoFar | None = None

    @property
    def retries(self) -> int:
        """The attempts beyond the one that each response of the model takes: repeated and repaired requests."""
        return max(0, self.attempts - self.rounds - 1)


@dataclass(frozen=True, slots=True)
class Ended:
    """The last output of every turn that was not cancelled; exactly one."""

    end: End


Output = (
    ShowText
    | ShowReasoning
    | CloseReasoning
    | ShowImage
    | ShowCitation
    | ShowLogprobs
    | ShowServerTool
    | ShowStatus
    | ShowCall
    | ShowCallResult
    | HandOverCall
    | Ended
)

# --- commands: run by the driver ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallUpstream:
    """Abandon the current attempt, if any, and start the announced one with this request `after` seconds from now."""

    request: UpstreamRequest
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Persist:
    """Store what a round left for later turns; `model` answered, empty if upstream did not name it."""

    model: str
    items: tuple[TurnItem, ...]


@dataclass(frozen=True, slots=True)
class AttemptBegan:
    """Attempt `no` of the turn, counted from 1, will be sent; always precedes the `CallUpstream` that sends it."""

    no: int
    body: ResponsesBody
    endpoint: Endpoint = Endpoint.RESPONSES


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """Attempt `no` is over; exactly one for each that began, before the next one begins.

    `usage` is None if no bill came. `unbilled` then counts the characters of the answer if it may still be billed; it
    is None if the attempt is free. `facts`: what upstream said about the answer, for a ledger. `generation_id` and
    `model` are empty if upstream did not name them. `fault`: what the attempt failed with, None if it did not.
    `endpoint` is where it was sent. `price` is None until the attempt is booked.
    """

    no: int
    outcome: Outcome
    usage: Usage | None
    generation_id: str
    model: str = ""
    unbilled: int | None = None
    facts: AnswerFacts | None = None
    fault: Fault | None = None
    endpoint: str = ""
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class UnknownTypes:
    """Upstream sent types of events and of items that are in none of our tables, in the attempt that just ended."""

    events: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learn:
    """Store the change that made this request pass, for later requests to `model`; `condition` of the rejected one."""

    model: str
    lesson: Lesson
    condition: Condition


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn is over: close all resources and settle."""

    end: End


Booking = AttemptBegan | AttemptEnded | UnknownTypes | Persist | Learn
"""Commands that the use case records."""

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
    UnknownTypes,
    Persist,
    Learn,
    Finish,
)
