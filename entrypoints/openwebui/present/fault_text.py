"""A fault in words: a card for the answer's text, a line for the page's error box, an error object for API clients."""

import math
import re
from collections.abc import Callable
from typing import Any

from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~$&])")
DETAIL_SHOWN = 300


def card(fault: Fault, error_id: str, support: str = "") -> str:
    """Say what happened, what to do, and the id to quote, as Markdown.

    Upstream's own words are escaped, cut and redacted.
    """
    return "\n\n".join(_lines(fault, error_id, support, escaped))


def box(fault: Fault, error_id: str, support: str = "") -> str:
    """Say the same for the page's error box, which shows one line of plain text."""
    return " \u00b7 ".join(_lines(fault, error_id, support, str))


def status_line(fault: Fault, error_id: str) -> str:
    """Say what happened, and the id to quote, above the answer."""
    return f"{fault.happened} Error id: {error_id}"


def uncalled(name: str) -> str:
    """Say, as Markdown, that the model called a tool nobody can run for it; the answer would stay empty otherwise."""
    return f"The model asked for the tool {escaped(name) or 'without a name'}, which is not available in this chat."


def error_object(fault: Fault, error_id: str) -> dict[str, Any]:
    """Build the error object of OpenAI clients: message, type, code, and our error id."""
    detail = _told(fault)
    message = f"{fault.happened} {fault.advice}" + (f" ({detail})" if detail else "")
    error: dict[str, Any] = {
        "message": f"{message} [error id {error_id}]",
        "type": _type_of(fault),
        "code": fault.kind.value,
        "param": None,
        "error_id": error_id,
    }
    if fault.retry_after is not None:
        error["retry_after"] = math.ceil(fault.retry_after)
    return error


def headers_of(fault: Fault) -> dict[str, str]:
    """Return the HTTP headers that go with an error reply."""
    return {} if fault.retry_after is None else {"Retry-After": str(math.ceil(fault.retry_after))}


def _type_of(fault: Fault) -> str:
    if fault.kind in (FaultKind.NO_KEY, FaultKind.BAD_KEY):
        return "authentication_error"
    if fault.kind is FaultKind.CREDITS:
        return "insufficient_quota"
    if fault.http_status == 429:
        return "rate_limit_error"
    if fault.http_status == 403:
        return "permission_error"
    return "invalid_request_error" if fault.http_status < 500 else "server_error"


def escaped(text: str) -> str:
    """Take away what Markdown, formulas and HTML would make of a foreign text."""
    return _MARKDOWN.sub(r"\\\1", text)


def _lines(fault: Fault, error_id: str, support: str, written: Callable[[str], str]) -> list[str]:
    lines = [f"{fault.happened} {fault.advice}"]
    if fault.retry_after is not None and fault.retry_after > 0:
        lines.append(f"Try again in {math.ceil(fault.retry_after)} s.")
    detail = _told(fault)
    if detail:
        by = f"{written(_shortened(fault.provider))}: " if fault.provider else ""
        lines.append(f"Details: {by}{written(detail)}")
    if support:
        lines.append(f"Support: {support}")
    lines.append(f"Error id: {error_id}")
    return lines


def _told(fault: Fault) -> str:
    """Return what may be shown of the details: those of a defect of ours stay in the log."""
    return "" if fault.kind is FaultKind.INTERNAL else _shortened(fault.detail)


def _shortened(detail: str) -> str:
    text = " ".join(redact(detail).split())
    return text if len(text) <= DETAIL_SHOWN else text[: DETAIL_SHOWN - 1] + "\u2026"
