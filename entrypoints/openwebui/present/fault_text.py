"""Render a fault: as a card in the answer, as a line for the page's error box, as a status line."""

import math
from collections.abc import Callable

from domain.egress.links import title_of
from domain.faults.causes import DailyLimit
from domain.faults.fault import Fault
from entrypoints.openai.errors import detail_of, shortened
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.escaping import markdown
from entrypoints.sentences.faults import advice, happened


def card(fault: Fault, error_id: str, support: str = "") -> str:
    """Render what happened, what to do and the error id as Markdown.

    Upstream's own text is escaped, shortened and redacted.
    """
    return "\n\n".join(_lines(fault, error_id, support, markdown))


def box(fault: Fault, error_id: str, support: str = "") -> str:
    """Render the same as one line of plain text for the page's error box."""
    return " \u00b7 ".join(_lines(fault, error_id, support, str))


def status_line(fault: Fault, error_id: str) -> str:
    """Render what happened and the error id as a status line."""
    return f"{happened(fault, VALVES)} Error id: {error_id}"


def uncalled(name: str) -> str:
    """Report as Markdown that the model called a tool that cannot run here; else the answer would be empty."""
    shown = markdown(title_of(name, ""))
    return f"The model asked for the tool {shown or 'without a name'}, which is not available in this chat."


def _lines(fault: Fault, error_id: str, support: str, written: Callable[[str], str]) -> list[str]:
    lines = [f"{happened(fault, VALVES)} {advice(fault, VALVES)}"]
    if fault.retry_after is not None and fault.retry_after > 0 and not isinstance(fault.cause, DailyLimit):
        lines.append(f"Try again in {math.ceil(fault.retry_after)} s.")
    detail = detail_of(fault, VALVES)
    if detail:
        by = f"{written(shortened(fault.provider))}: " if fault.provider else ""
        lines.append(f"Details: {by}{written(detail)}")
    if support:
        lines.append(f"Support: {support}")
    lines.append(f"Error id: {error_id}")
    return lines
