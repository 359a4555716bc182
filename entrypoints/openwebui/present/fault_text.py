"""Render a fault: as a card in the answer, as a line for the page's error box, as a status line."""

from collections.abc import Callable
from datetime import datetime

from domain.egress.links import title_of
from domain.faults.fault import Fault
from entrypoints.openai.errors import detail_of, shortened
from entrypoints.openwebui.vocabulary import PAGE
from entrypoints.sentences.escaping import markdown
from entrypoints.sentences.faults import advice, happened


def card(fault: Fault, error_id: str, support: str = "", now: datetime | None = None) -> str:
    """Render what happened, what to do and the error id as Markdown, one paragraph each; `now` is the wall clock.

    Upstream's own text is escaped, shortened and redacted.
    """
    return "\n\n".join(_lines(fault, error_id, support, now, markdown))


def box(fault: Fault, error_id: str, support: str = "", now: datetime | None = None) -> str:
    """Render the same as plain text for the page's error box, which joins lines."""
    return " \u00b7 ".join(_lines(fault, error_id, support, now, str))


def uncalled(name: str) -> str:
    """Report as Markdown that the model called a tool that cannot run here; else the answer would be empty."""
    shown = markdown(title_of(name, ""))
    return f"The model asked for the tool {shown or 'without a name'}, which is not available in this chat."


def _lines(fault: Fault, error_id: str, support: str, now: datetime | None, written: Callable[[str], str]) -> list[str]:
    """Return one line per fact."""
    lines = [happened(fault, PAGE), advice(fault, PAGE, now)]
    detail = detail_of(fault, PAGE)
    if detail:
        by = f"{written(shortened(fault.provider))}: " if fault.provider else ""
        lines.append(f"Details: {by}{written(detail)}")
    if support:
        lines.append(f"Support: {support}")
    lines.append(f"Error id: {error_id}")
    return lines
