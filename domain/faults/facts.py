"""What is known about a fault beyond its kind: what upstream said, and what was sent. Entrypoints show parts of it.

Texts are foreign: bounded, masked by shape, unescaped.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from ports.problem_details import ErrorChunk, RawError


@dataclass(frozen=True, slots=True)
class Said:
    """What upstream said: `code` and `message` of its own error, `inner_type` and `inner_message` of the quoted one."""

    code: str = ""
    message: str = ""
    inner_type: str = ""
    inner_message: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Moderation:
    """What moderation objects to: its reasons, and an excerpt of the request."""

    reasons: tuple[str, ...] = ()
    flagged: str = ""


@dataclass(frozen=True, slots=True)
class Amounts:
    """USD: what the request would cost, and what the account has; a balance may be negative."""

    required: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent when the turn failed: the model's slug, and the endpoint as a path."""

    model: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """Tokens: what the model reads and writes together, and what it may write."""

    context: int
    output: int | None = None


@dataclass(frozen=True, slots=True)
class FaultFacts:
    """`limit_type` names the limit of requests that was reached; `seconds` the time allowed that ran out.

    `chunk`: the frame of the stream that reported the error, None if it came otherwise. `raw` is for the record and for
    an administrator's own texts only. `limits` are set if the conversation is too long. `field` is the field of the
    caller's request that we could not read, as a path with dots.
    """

    said: Said = Said()
    moderation: Moderation = Moderation()
    amounts: Amounts = Amounts()
    limit_type: str = ""
    seconds: float | None = None
    chunk: ErrorChunk | None = None
    raw: RawError = field(default=RawError(), repr=False)
    sent: Sent = Sent()
    limits: ModelLimits | None = None
    field: str = ""


NO_FACTS = FaultFacts()
