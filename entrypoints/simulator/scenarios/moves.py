"""What an answer consists of, before anybody has decided how it looks on the wire.

A scenario returns a `Script`, played in order by `writers.steps`; rates are deltas a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, overload

from entrypoints.simulator.bills import Tokens
from entrypoints.simulator.payload import Json


class NumberedWords(Sequence[str]):
    """The words `w0 `, `w1 ` … up to `count`, made only when they are sent."""

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
    """Open the stream now; otherwise the first move with content does."""


@dataclass(frozen=True, slots=True)
class Comments:
    """Keep the connection alive with comment frames for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Think:
    """One whole reasoning item: a summary, or with `raw` the model's own words."""

    pieces: Sequence[str]
    rate: float | None = None
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Text of the answer; `closes=False` leaves the message open for more, `frames` limits the deltas of one write."""

    pieces: Sequence[str]
    rate: float | None = None
    closes: bool = True
    citations: tuple[Json, ...] = ()
    framing: Literal["lf", "crlf", "split"] = "lf"
    status: Literal["completed", "incomplete"] = "completed"
    frames: int | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal of the model, which is an answer of its own kind."""

    pieces: Sequence[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One function call; `arguments` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One generated picture, bare base64."""

    base64: str


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that belong to no event, sent as they are."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Finish:
    """The regular end; `reason` makes it incomplete, `late_text` is text only the terminal response holds."""

    reason: Literal["max_output_tokens", "content_filter"] | None = None
    late_text: str = ""
    tokens: Tokens | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The model's failure, told by a failed response."""

    message: str
    code: str = "server_error"
    error_type: str = "provider_unavailable"
    status: int = 502


@dataclass(frozen=True, slots=True)
class Break:
    """An error told by an event of its own, in one of the shapes of openrouter_api 9.3."""

    shape: Literal["flat", "nested", "frame"]
    message: str
    code: str = "server_error"
    status: int = 502


@dataclass(frozen=True, slots=True)
class HangUp:
    """The stream ends cleanly without having said so; `done` still sends the `[DONE]` line."""

    done: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """Reset the connection once everything before has left."""


Move = Begin | Comments | Think | Say | Decline | Call | Picture | Noise | Finish | Fail | Break | HangUp | Cut
Script = tuple[Move, ...]
