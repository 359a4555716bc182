"""Every way a turn can fail, as values. Entrypoints write what people read."""

from dataclasses import dataclass, field
from enum import Enum

from domain.faults.causes import Cause, cause_name
from domain.faults.facts import NO_FACTS, FaultFacts


class RetryRule(Enum):
    """Which retries a fault allows before any output was shown. Source: OpenRouter API reference, retry table."""

    NEVER = "never"
    ONCE = "once"
    SAFE = "safe"
    UNCERTAIN = "uncertain"
    """Upstream may have billed the attempt: retry only if the model is free or the operator allows it."""


class FaultKind(Enum):
    """One name for each problem a person can act on. Values are stable: logs and API errors contain them."""

    NO_KEY = "no_api_key"
    BAD_KEY = "invalid_api_key"
    BAD_ROUTE = "invalid_base_url"
    BAD_MESSAGES = "invalid_messages"
    BAD_REQUEST = "invalid_request"
    UNKNOWN_MODEL = "model_not_found"
    FILTERED_MODEL = "model_not_allowed"
    CONTEXT_LENGTH = "context_length_exceeded"
    TOO_LARGE = "payload_too_large"
    CREDITS = "insufficient_credits"
    FORBIDDEN = "permission_denied"
    MODERATED = "content_blocked"
    GUARDED = "blocked_by_guard"
    NOT_FOUND = "no_endpoint"
    WRONG_ENDPOINT = "wrong_endpoint"
    RATE_LIMITED = "rate_limit_exceeded"
    OVERLOADED = "provider_overloaded"
    SERVER = "upstream_error"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    TIMEOUT = "timeout"
    UNREACHABLE = "upstream_unreachable"
    INTERRUPTED = "stream_interrupted"
    EVENT_TOO_LARGE = "event_too_large"
    UNREADABLE = "unreadable_answer"
    EMPTY = "empty_answer"
    SERVER_TOOL = "server_tool_failed"
    CUT_SHORT = "output_limit_reached"
    TOOL_ROUNDS = "tool_rounds_exhausted"
    BUSY = "server_busy"
    PAUSED = "person_paused"
    BUDGET_SPENT = "budget_spent"
    BUDGET_UNKNOWN = "budget_unknown"
    MISSING_PACKAGE = "missing_package"
    INTERNAL = "internal_error"


HTTP_STATUS: dict[FaultKind, int] = {
    FaultKind.NO_KEY: 401,
    FaultKind.BAD_KEY: 401,
    FaultKind.BAD_ROUTE: 500,
    FaultKind.BAD_MESSAGES: 400,
    FaultKind.BAD_REQUEST: 400,
    FaultKind.UNKNOWN_MODEL: 404,
    FaultKind.FILTERED_MODEL: 403,
    FaultKind.CONTEXT_LENGTH: 400,
    FaultKind.TOO_LARGE: 413,
    FaultKind.CREDITS: 402,
    FaultKind.FORBIDDEN: 403,
    FaultKind.MODERATED: 403,
    FaultKind.GUARDED: 403,
    FaultKind.NOT_FOUND: 404,
    FaultKind.WRONG_ENDPOINT: 400,
    FaultKind.RATE_LIMITED: 429,
    FaultKind.OVERLOADED: 503,
    FaultKind.SERVER: 502,
    FaultKind.UPSTREAM_TIMEOUT: 504,
    FaultKind.TIMEOUT: 504,
    FaultKind.UNREACHABLE: 502,
    FaultKind.INTERRUPTED: 502,
    FaultKind.EVENT_TOO_LARGE: 502,
    FaultKind.UNREADABLE: 502,
    FaultKind.EMPTY: 502,
    FaultKind.SERVER_TOOL: 502,
    FaultKind.CUT_SHORT: 502,
    FaultKind.TOOL_ROUNDS: 502,
    FaultKind.BUSY: 503,
    FaultKind.PAUSED: 503,
    FaultKind.BUDGET_SPENT: 429,
    FaultKind.BUDGET_UNKNOWN: 503,
    FaultKind.MISSING_PACKAGE: 500,
    FaultKind.INTERNAL: 500,
}
"""The HTTP status for a client if upstream sent none; the same for every entrypoint."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    `detail`: upstream's own text, unescaped, at most a few hundred characters, may be empty. `cause`: the exact cause
    if we judged it ourselves. `status`: the HTTP status upstream named, if any. `retry_after`: seconds to wait, if
    known. `facts`: what else is known about it; no repr shows them.
    """

    kind: FaultKind
    detail: str = ""
    status: int | None = None
    provider: str = ""
    retry_after: float | None = None
    rule: RetryRule = RetryRule.NEVER
    cause: Cause | None = None
    facts: FaultFacts = field(default=NO_FACTS, compare=False, repr=False)

    @property
    def logged(self) -> str:
        """The details of the fault for the log."""
        return self.detail or (cause_name(self.cause) if self.cause is not None else "")

    @property
    def http_status(self) -> int:
        """The HTTP status for a client."""
        return self.status if self.status is not None else HTTP_STATUS[self.kind]
