"""A fault in words: a card for the answer's text, a line for the page's error box, a status line."""

import math
from collections.abc import Callable

from domain.egress.links import title_of
from domain.faults.fault import Fault
from entrypoints.openai.errors import detail_of, shortened
from entrypoints.openwebui.vocabulary import VALVES
from entrypoints.sentences.escaping import markdown
from entrypoints.sentences.faults import advice, happened


def card(fault: Fault, error_id: str, support: str = "") -> str:
    """Say what happened, what to do, and the id to quote, as Markdown.

    Upstream's own words are escaped, cut and redacted.
    """
    return "\n\n".join(_lines(fault, error_id, support, markdown))


def box(fault: Fault, error_id: str, support: str = "") -> str:
    """Say the same for the page's error box, which shows one line of plain text."""
    return " \u00b7 ".join(_lines(fault, error_id, support, str))


def status_line(fault: Fault, error_id: str) -> str:
    """Say what happened, and the id to quote, above the answer."""
    return f"{happened(fault, VALVES)} Error id: {error_id}"


def uncalled(name: str) -> str:
    """Say, as Markdown, that the model called a tool nobody can run for it; the answer would stay empty otherwise."""
    shown = markdown(title_of(name, ""))
    return f"The model asked for the tool {shown or 'without a name'}, which is not available in this chat."


def _lines(fault: Fault, error_id: str, support: str, written: Callable[[str], str]) -> list[str]:
    lines = [f"{happened(fault, VALVES)} {advice(fault, VALVES)}"]
    if fault.retry_after is not None and fault.retry_after > 0:
        lines.append(f"Try again in {math.ceil(fault.retry_after)} s.")
    detail = detail_of(fault, VALVES)
    if detail:
        by = f"{written(shortened(fault.provider))}: " if fault.provider else ""
        lines.append(f"Details: {by}{written(detail)}")
    if support:
        lines.append(f"Support: {support}")
    lines.append(f"Error id: {error_id}")
    return lines
