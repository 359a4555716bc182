"""The status line that closes a turn."""

from decimal import Decimal

from domain.turn.steps import End, Reason
from domain.usage.summary import thought_line, usage_line

_NOTES = {
    Reason.LENGTH: "Cut off at the output limit",
    Reason.CONTENT_FILTER: "Cut off by the provider's content filter",
    Reason.FAULT: "Failed",
}


def closing_line(end: End, *, show_usage: bool, estimated_cost: Decimal | None = None) -> str:
    """Say how the turn ended: usage if wanted, else how long the model thought; "Stopped" after a stop.

    `estimated_cost` (USD) stands for a call whose bill never came. May be empty.
    """
    stopped = end.reason is Reason.CANCELLED
    if show_usage:
        line = usage_line(end.usage, end.timing, stopped=stopped, estimated_cost=estimated_cost)
    else:
        line = "Stopped" if stopped else thought_line(end.timing)
    return " | ".join(part for part in (_NOTES.get(end.reason, ""), line) if part)
