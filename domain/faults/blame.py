"""Whose failure a fault is: breakers count only those of providers, and ours.

Every kind has an entry; a test compares the table with the kinds.
"""

from enum import Enum

from domain.faults.fault import Fault, FaultKind


class Blame(Enum):
    """Who has to change something before the same request can pass."""

    CALLER = "caller"
    """The request itself, or what the caller may do: settings, keys, credits and limits included."""
    PROVIDER = "provider"
    """The provider of the model, or OpenRouter: another model may answer."""
    NETWORK = "network"
    """The way to OpenRouter: no other model helps."""
    OURS = "ours"


BLAME: dict[FaultKind, Blame] = {
    FaultKind.NO_KEY: Blame.CALLER,
    FaultKind.BAD_KEY: Blame.CALLER,
    FaultKind.BAD_ROUTE: Blame.CALLER,
    FaultKind.BAD_MESSAGES: Blame.CALLER,
    FaultKind.BAD_REQUEST: Blame.CALLER,
    FaultKind.UNKNOWN_MODEL: Blame.CALLER,
    FaultKind.FILTERED_MODEL: Blame.CALLER,
    FaultKind.CONTEXT_LENGTH: Blame.CALLER,
    FaultKind.TOO_LARGE: Blame.CALLER,
    FaultKind.CREDITS: Blame.CALLER,
    FaultKind.FORBIDDEN: Blame.CALLER,
    FaultKind.MODERATED: Blame.CALLER,
    FaultKind.GUARDED: Blame.CALLER,
    FaultKind.NOT_FOUND: Blame.CALLER,
    FaultKind.WRONG_ENDPOINT: Blame.CALLER,
    FaultKind.RATE_LIMITED: Blame.CALLER,
    FaultKind.OVERLOADED: Blame.PROVIDER,
    FaultKind.SERVER: Blame.PROVIDER,
    FaultKind.UPSTREAM_TIMEOUT: Blame.PROVIDER,
    FaultKind.TIMEOUT: Blame.PROVIDER,
    FaultKind.UNREACHABLE: Blame.NETWORK,
    FaultKind.INTERRUPTED: Blame.PROVIDER,
    FaultKind.EVENT_TOO_LARGE: Blame.CALLER,
    FaultKind.UNREADABLE: Blame.PROVIDER,
    FaultKind.EMPTY: Blame.CALLER,
    FaultKind.SERVER_TOOL: Blame.CALLER,
    FaultKind.CUT_SHORT: Blame.CALLER,
    FaultKind.TOOL_ROUNDS: Blame.CALLER,
    FaultKind.BUSY: Blame.CALLER,
    FaultKind.PAUSED: Blame.CALLER,
    FaultKind.BUDGET_SPENT: Blame.CALLER,
    FaultKind.BUDGET_UNKNOWN: Blame.CALLER,
    FaultKind.MISSING_PACKAGE: Blame.OURS,
    FaultKind.INTERNAL: Blame.OURS,
}


def blame_of(fault: Fault) -> Blame:
    """Return whose failure a fault is."""
    return BLAME[fault.kind]
