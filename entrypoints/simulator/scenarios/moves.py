"""The moves an answer consists of, independent of the wire format.

A scenario returns a `Script`; `writers.steps` plays its moves in order. Rates are deltas per second.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, overload

from entrypoints.simulator.bills import Tokens
from entrypoints.simulator.payload import Json


class NumberedWords(Sequence[str]):
    """The first `count` of the words `w0 `, `w1 ` …; a word is created only when it is sent."""

    def __init__(self, count: int, prefix: str = "w") -> None:
        self._range = range(count)
        self._prefix = prefix

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            prefix = self._prefix
            return [f"{prefix}{n} " for n in self._range[index]]
        return f"{self._prefix}{self._range[index]} "


@dataclass(frozen=True, slots=True)
class Begin:
    """Open the stream now; without this move the first content opens it."""


@dataclass(frozen=True, slots=True)
class Comments:
    """Send only comment frames for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Think:
    """One complete reasoning item: a summary, or with `raw` the thinking itself."""

    pieces: Sequence[str]
    rate: float | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Text of the answer. `closes=False`: the message stays open for more; `frames`: the most deltas of one write."""

    pieces: Sequence[str]
    rate: float | None = None
    closes: bool = True
    citations: tuple[Json, ...] = ()
    framing: Literal["lf", "crlf", "split"] = "lf"
    status: Literal["completed", "incomplete"] = "completed"
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal by the model, which has a content type of its own."""

    pieces: Sequence[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One function call; `arguments` are JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Native:
    """One call of another kind than a function: the item without ids. The text of `input` is sent in pieces too."""

    item: Json


@dataclass(frozen=True, slots=True)
class Picture:
    """One generated picture as base64, without a data URL."""

    base64: str


@dataclass(frozen=True, slots=True)
class Work:
    """One output item that is neither text, thinking, a function call nor a plain picture.

    `opening` and `item` are the item as added and as done, without its id; `events` come in between, each with its
    type without `response.` and its fields without the item's place. The events are `pause` seconds apart. `late`:
    only the terminal response contains the item.
    """

    opening: Json
    item: Json
    events: tuple[tuple[str, Json], ...] = ()
    pause: float = 0.0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Noise:
    """Raw bytes to send that belong to no event."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What the last event says beside the answer: fields of the response, stages of the pipeline, work of server tools.

    `tools_cost` is USD for that work, and `tools_used` counts it as upstream names it.
    """

    fields: Json = field(default_factory=dict)
    pipeline: tuple[Json, ...] = ()
    tools_used: Json = field(default_factory=dict)
    tools_cost: Decimal | None = None


NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class Finish:
    """The regular end; with a `reason` it is incomplete. Only the terminal response contains `late_text`."""

    reason: Literal["max_output_tokens", "content_filter"] | None = None
    late_text: str = ""
    tokens: Tokens | None = None
    told: Told = NOTHING_TOLD


@dataclass(frozen=True, slots=True)
class Fail:
    """A failure of the model, reported by a failed response; `metadata` is that of its error."""

    message: str
    code: str = "server_error"
    error_type: str = "provider_unavailable"
    status: int = 502
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Break:
    """An error event, in one of the shapes of openrouter_api 9.3."""

    shape: Literal["flat", "nested", "frame"]
    message: str
    code: str = "server_error"
    status: int = 502


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection cleanly without a terminal event; with `done`, send the `[DONE]` line before."""

    done: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """Reset the connection after all earlier bytes have been sent."""


Move = (
    Begin
    | Comments
    | Think
    | Say
    | Decline
    | Call
    | Native
    | Picture
    | Work
    | Noise
    | Finish
    | Fail
    | Break
    | HangUp
    | Cut
)
Script = tuple[Move, ...]
