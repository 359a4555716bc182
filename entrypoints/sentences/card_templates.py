"""Which setting holds the administrator's own card for a fault."""

from domain.faults.causes import AtProvider, Cause, DrawingFlaw, RefusedPart
from domain.faults.fault import Fault, FaultKind

AUTHENTICATION = "authentication_error_template"
CREDITS = "insufficient_credits_template"
SERVER_TIMEOUT = "server_timeout_template"
TOO_LARGE = "payload_too_large_template"
RATE_LIMIT = "rate_limit_template"
SERVICE = "service_error_template"
PROVIDER = "openrouter_error_template"
NETWORK_TIMEOUT = "network_timeout_template"
CONNECTION = "connection_error_template"
INTERNAL = "internal_error_template"
TOOL_ROUNDS = "max_function_call_loops_reached_template"
RESTRICTED = "model_restricted_template"
INTERRUPTED = "stream_interrupted_template"
ENDPOINT = "endpoint_override_conflict_template"
UPLOAD = "direct_upload_failure_template"

TEMPLATE_OF: dict[FaultKind, str | None] = {
    FaultKind.NO_KEY: AUTHENTICATION,
    FaultKind.BAD_KEY: AUTHENTICATION,
    FaultKind.BAD_ROUTE: CONNECTION,
    FaultKind.BAD_MESSAGES: None,
    FaultKind.BAD_REQUEST: PROVIDER,
    FaultKind.UNKNOWN_MODEL: PROVIDER,
    FaultKind.FILTERED_MODEL: RESTRICTED,
    FaultKind.CONTEXT_LENGTH: PROVIDER,
    FaultKind.TOO_LARGE: TOO_LARGE,
    FaultKind.CREDITS: CREDITS,
    FaultKind.FORBIDDEN: PROVIDER,
    FaultKind.MODERATED: PROVIDER,
    FaultKind.GUARDED: PROVIDER,
    FaultKind.NOT_FOUND: PROVIDER,
    FaultKind.WRONG_ENDPOINT: ENDPOINT,
    FaultKind.RATE_LIMITED: RATE_LIMIT,
    FaultKind.OVERLOADED: SERVICE,
    FaultKind.SERVER: SERVICE,
    FaultKind.UPSTREAM_TIMEOUT: SERVER_TIMEOUT,
    FaultKind.TIMEOUT: NETWORK_TIMEOUT,
    FaultKind.UNREACHABLE: CONNECTION,
    FaultKind.INTERRUPTED: INTERRUPTED,
    FaultKind.EVENT_TOO_LARGE: INTERNAL,
    FaultKind.UNREADABLE: CONNECTION,
    FaultKind.EMPTY: None,
    FaultKind.SERVER_TOOL: PROVIDER,
    FaultKind.CUT_SHORT: None,
    FaultKind.TOOL_ROUNDS: TOOL_ROUNDS,
    FaultKind.BUSY: None,
    FaultKind.PAUSED: None,
    FaultKind.BUDGET_SPENT: None,
    FaultKind.BUDGET_UNKNOWN: None,
    FaultKind.MISSING_PACKAGE: INTERNAL,
    FaultKind.INTERNAL: INTERNAL,
}
"""The attribute of `Settings` by kind of fault. None: the card is about the person's own request or waiting."""
_BY_CAUSE: dict[Cause, str | None] = {
    RefusedPart.FILES: UPLOAD,
    AtProvider.MONEY: PROVIDER,
    DrawingFlaw.WRITES_NOTHING: None,
    DrawingFlaw.NO_PRIVACY: None,
}
"""Causes whose card is another one than that of their kind."""


def template_of(fault: Fault) -> str | None:
    """Return the setting with the own card for a fault; None if there is none for it.

    A provider that fails within its answer has the card for errors in streams, which is that of refusals.
    """
    if fault.cause is not None and fault.cause in _BY_CAUSE:
        return _BY_CAUSE[fault.cause]
    found = TEMPLATE_OF[fault.kind]
    return PROVIDER if found == SERVICE and fault.facts.chunk is not None else found
