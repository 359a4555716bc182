"""What an error of upstream says beyond its kind and its text: for cards and the record, bounded, as received."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ErrorChunk:
    """The frame of a stream that reported an error. `created`: seconds since 1970, 0 if unknown."""

    id: str = ""
    created: int = 0
    provider: str = ""
    model: str = ""
    native_finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class RawError:
    """The error as JSON or text, each part at most a few kilobytes; it may repeat what was sent."""

    body: str = ""
    metadata: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class ProblemDetails:
    """`code` and `message` of the outer error as they came; `flagged`: the excerpt that moderation objects to.

    `amounts`: the numbers in the metadata, by their names. `limit_type`: which limit of requests was reached.
    `availability`: upstream's code for why no endpoint serves the request. `chunk` is set only if the error came inside
    a stream.
    """

    code: str = ""
    message: str = ""
    flagged: str = ""
    amounts: tuple[tuple[str, Decimal], ...] = ()
    limit_type: str = ""
    availability: str = ""
    chunk: ErrorChunk | None = None
    raw: RawError = RawError()
