"""What upstream says during an attempt: events read from a stream, or from the body of a call without streaming.

Source: OpenRouter API reference, `POST /responses`, events.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ports.answer_facts import AnswerFacts
from ports.json_values import JsonObject
from ports.problem_details import ProblemDetails
from ports.usage import Usage


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """`response.created` / `in_progress`: `response_id` is the generation id."""

    response_id: str
    model: str


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """`output_item.added`; `item` as received."""

    index: int
    item: JsonObject


@dataclass(frozen=True, slots=True)
class ItemDone:
    """`output_item.done`; `item` as received, to be replayed byte for byte."""

    index: int
    item: JsonObject


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of answer text; `part` is `content_index`. Adjacent pieces of one read arrive joined."""

    index: int
    item_id: str
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class TextDone:
    """The whole text of one part."""

    index: int
    item_id: str
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """A piece of refusal text."""

    index: int
    item_id: str
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class RefusalDone:
    """The whole refusal text of one part."""

    index: int
    item_id: str
    part: int
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of thinking: `raw` is `reasoning_text`, else a summary; `part` is its content or summary index."""

    index: int
    item_id: str
    part: int
    text: str
    raw: bool


@dataclass(frozen=True, slots=True)
class ReasoningDone:
    """The whole thinking of one part."""

    index: int
    item_id: str
    part: int
    text: str
    raw: bool


@dataclass(frozen=True, slots=True)
class ArgumentsDelta:
    """A piece of a function call's argument string."""

    index: int
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ArgumentsDone:
    """The whole argument string of a function call."""

    index: int
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class AnnotationAdded:
    """A citation or file reference of a text part, as received."""

    index: int
    item_id: str
    part: int
    annotation: JsonObject


class Channel(Enum):
    """A text that is not an argument string, in which a tool's item is written: free input, code, or a diff."""

    INPUT = "input"
    CODE = "code"
    DIFF = "diff"


@dataclass(frozen=True, slots=True)
class ItemTextDelta:
    """A piece of such a text."""

    index: int
    item_id: str
    channel: Channel
    text: str


@dataclass(frozen=True, slots=True)
class ItemTextDone:
    """The whole of such a text."""

    index: int
    item_id: str
    channel: Channel
    text: str


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """A tool that upstream runs has reached a `stage`, such as `searching` or `panel.added`.

    `kind` names the tool as in the type of the event (`web_search_call`); the item itself may have another type.
    `detail`: fields of the event beyond its place, as received; empty for most stages.
    """

    index: int
    item_id: str
    kind: str
    stage: str
    detail: JsonObject = field(default_factory=dict)


class ResponseStatus(Enum):
    """How a response ended."""

    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


class ErrorForm(Enum):
    """The form of an error: an object that describes it, a web page, or neither (plain text, nothing, other JSON)."""

    OBJECT = "object"
    PAGE = "page"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quoted:
    """What the errors name that are quoted in an error: the innermost code and parameter, and all further texts."""

    code: str = ""
    param: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class UpstreamProblem:
    """An error body or error event, read from any of its envelopes.

    `status` is an HTTP status or None; `kind` the most specific type named (`rate_limit_exceeded` ...); `text` the
    most telling message; `retry_after` in seconds; `retryable` upstream's own word, if it gave one. `quoted`: the
    provider's own error inside. `received`: when it arrived (aware), if known. `facts`: what upstream says beside it.
    `patterns`: names of what a guardrail found. `withheld`: the alignment plugin withheld the answer. `details`: the
    rest of the error.
    """

    status: int | None
    kind: str
    text: str
    provider: str = ""
    limit_source: str = ""
    retry_after: float | None = None
    retryable: bool | None = None
    reasons: tuple[str, ...] = ()
    request_id: str = ""
    form: ErrorForm = ErrorForm.OBJECT
    quoted: Quoted = Quoted()
    received: datetime | None = field(default=None, compare=False)
    facts: AnswerFacts | None = None
    patterns: tuple[str, ...] = ()
    withheld: bool = False
    details: ProblemDetails = field(default=ProblemDetails(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ResponseEnded:
    """The terminal event (`completed`, `incomplete`, `failed`), or the body of a call without streaming.

    `items` may be empty although items were streamed; `reason` is `incomplete_details.reason`.
    """

    status: ResponseStatus
    response_id: str
    model: str
    items: tuple[JsonObject, ...] = ()
    usage: Usage | None = None
    reason: str = ""
    problem: UpstreamProblem | None = None
    facts: AnswerFacts | None = None


@dataclass(frozen=True, slots=True)
class ProblemReported:
    """An `error` event inside a stream, flat or nested, or a frame that is nothing but an error."""

    problem: UpstreamProblem


@dataclass(frozen=True, slots=True)
class EventIgnored:
    """A frame without use for us: of type `what`, or one that could not be read (`what` = "unreadable").

    `unknown`: the type is not in our table of upstream's events, which may have grown.
    """

    what: str
    count: int = 1
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """The connection ended cleanly. `said_done`: `[DONE]` came.

    `rest` holds the bytes of an event whose closing blank line never came; `unfinished` what they would have
    meant with it. Whether that counts is the machine's decision.
    """

    said_done: bool
    rest: bytes = b""
    unfinished: "tuple[UpstreamEvent, ...]" = ()


UpstreamEvent = (
    ResponseStarted
    | ItemAdded
    | ItemDone
    | TextDelta
    | TextDone
    | RefusalDelta
    | RefusalDone
    | ReasoningDelta
    | ReasoningDone
    | ArgumentsDelta
    | ArgumentsDone
    | AnnotationAdded
    | ItemTextDelta
    | ItemTextDone
    | ItemProgress
    | ResponseEnded
    | ProblemReported
    | EventIgnored
    | StreamClosed
)
