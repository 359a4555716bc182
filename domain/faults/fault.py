"""The taxonomy: every way a turn can fail, with the words people read."""

from dataclasses import dataclass
from enum import Enum


class RetryRule(Enum):
    """What a fault allows before anything was shown. Source: OpenRouter API reference, retry table."""

    NEVER = "never"
    ONCE = "once"
    SAFE = "safe"
    UNCERTAIN = "uncertain"
    """Upstream may have billed: only if the model is free or the operator allows it."""


class FaultKind(Enum):
    """One name per cause a person can act on. Values are stable: logs and API errors carry them."""

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
    NOT_FOUND = "no_endpoint"
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
    CUT_SHORT = "output_limit_reached"
    TOOL_ROUNDS = "tool_rounds_exhausted"
    BUSY = "server_busy"
    MISSING_PACKAGE = "missing_package"
    INTERNAL = "internal_error"


@dataclass(frozen=True, slots=True)
class FaultText:
    """What a kind says by default: `status` for HTTP callers, `happened` and `advice` one sentence each."""

    status: int
    happened: str
    advice: str


TEXTS: dict[FaultKind, FaultText] = {
    FaultKind.NO_KEY: FaultText(
        401,
        "No OpenRouter API key is configured.",
        "An administrator can enter one in the function's valves (API_KEY) or set OPENROUTER_API_KEY.",
    ),
    FaultKind.BAD_KEY: FaultText(
        401,
        "OpenRouter did not accept the API key.",
        "An administrator should check the valve API_KEY; keys are listed in the OpenRouter account settings.",
    ),
    FaultKind.BAD_ROUTE: FaultText(
        500, "The upstream address cannot be used.", "An administrator should correct the valve BASE_URL."
    ),
    FaultKind.BAD_MESSAGES: FaultText(
        400, "The messages of this request cannot be read.", "Send a list of messages with role and content."
    ),
    FaultKind.BAD_REQUEST: FaultText(
        400,
        "OpenRouter refused the request as invalid.",
        "Try a shorter chat, other settings or another model.",
    ),
    FaultKind.UNKNOWN_MODEL: FaultText(
        404, "OpenRouter does not know this model.", "Pick another model; the list may have changed."
    ),
    FaultKind.FILTERED_MODEL: FaultText(
        403,
        "This model is not offered here.",
        "Pick another model, or ask an administrator about the valve MODEL_ID.",
    ),
    FaultKind.CONTEXT_LENGTH: FaultText(
        400,
        "The conversation is longer than this model can read.",
        "Start a new chat, shorten the last message, or pick a model with a larger context.",
    ),
    FaultKind.TOO_LARGE: FaultText(
        413, "The request is too large for OpenRouter.", "Send fewer or smaller files and images."
    ),
    FaultKind.CREDITS: FaultText(
        402,
        "The OpenRouter account does not have enough credits for this request.",
        "Add credits or ask an administrator; a smaller output limit may also fit.",
    ),
    FaultKind.FORBIDDEN: FaultText(
        403,
        "OpenRouter does not allow this request.",
        "An administrator should check the account's settings.",
    ),
    FaultKind.MODERATED: FaultText(
        403, "The provider's moderation blocked this request.", "Rephrase the message or pick another model."
    ),
    FaultKind.NOT_FOUND: FaultText(
        404,
        "No provider can serve this request with these settings.",
        "Loosen the privacy or routing settings, or pick another model.",
    ),
    FaultKind.RATE_LIMITED: FaultText(
        429, "Too many requests for this model just now.", "Wait a little and send the message again."
    ),
    FaultKind.OVERLOADED: FaultText(
        503, "The provider is overloaded.", "Wait a little and send the message again, or pick another model."
    ),
    FaultKind.SERVER: FaultText(
        502, "The provider failed.", "Send the message again; if it keeps failing, pick another model."
    ),
    FaultKind.UPSTREAM_TIMEOUT: FaultText(
        504, "The provider took too long.", "Send the message again, or pick a faster model."
    ),
    FaultKind.TIMEOUT: FaultText(
        504, "No answer came within the time allowed.", "Send the message again, or pick a faster model."
    ),
    FaultKind.UNREACHABLE: FaultText(
        502, "OpenRouter could not be reached.", "Check the network, the proxy and the valve BASE_URL."
    ),
    FaultKind.INTERRUPTED: FaultText(
        502,
        "The connection broke before the answer was complete.",
        "What arrived is kept; send again to go on.",
    ),
    FaultKind.EVENT_TOO_LARGE: FaultText(
        502, "The answer held a piece larger than allowed.", "An administrator can raise MAX_SSE_EVENT_MB."
    ),
    FaultKind.UNREADABLE: FaultText(
        502, "The upstream address answered with something else than a response.", "Check the valve BASE_URL."
    ),
    FaultKind.EMPTY: FaultText(
        502, "The model ended without writing anything.", "Send the message again, or pick another model."
    ),
    FaultKind.CUT_SHORT: FaultText(
        502,
        "The output limit was used up before the model wrote any text.",
        "Raise the limit of output tokens or lower the reasoning effort.",
    ),
    FaultKind.TOOL_ROUNDS: FaultText(
        502,
        "The model kept calling tools without answering.",
        "Ask a narrower question or offer fewer tools.",
    ),
    FaultKind.BUSY: FaultText(
        503, "The server is busy: too many requests are waiting.", "Wait a little and send the message again."
    ),
    FaultKind.MISSING_PACKAGE: FaultText(
        500,
        "A required Python package is missing.",
        "An administrator should install it and reload the function.",
    ),
    FaultKind.INTERNAL: FaultText(
        500,
        "Something went wrong inside the pipe.",
        "Send again; quote the error id to support if it repeats.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One named cause.

    `detail`: upstream's own words, unescaped, at most a few hundred characters, may be empty. `status`: what an
    HTTP caller gets. `retry_after`: seconds to wait, if known.
    """

    kind: FaultKind
    detail: str = ""
    status: int | None = None
    provider: str = ""
    retry_after: float | None = None
    rule: RetryRule = RetryRule.NEVER

    @property
    def happened(self) -> str:
        """What happened, one sentence."""
        return TEXTS[self.kind].happened

    @property
    def advice(self) -> str:
        """What to do, one sentence."""
        return TEXTS[self.kind].advice

    @property
    def http_status(self) -> int:
        """The status an HTTP caller gets."""
        return self.status if self.status is not None else TEXTS[self.kind].status
