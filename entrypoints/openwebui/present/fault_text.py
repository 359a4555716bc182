"""A fault in words: a short card for the page, an error object for API clients."""

import math
import re
from typing import Any

from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~])")
DETAIL_SHOWN = 300


def card(fault: Fault, error_id: str, support: str = "") -> str:
    """Say what happened, what to do, and the id to quote; upstream's own words are escaped, cut and redacted."""
    lines = [f"{fault.happened} {fault.advice}"]
    if fault.retry_after is not None and fault.retry_after > 0:
        lines.append(f"Try again in {math.ceil(fault.retry_after)} s.")
    detail = _shortened(fault.detail)
    if detail:
        by = f"{_escaped(fault.provider)}: " if fault.provider else ""
        lines.append(f"Details: {by}{_escaped(detail)}")
    if support:
        lines.append(f"Support: {support}")
    lines.append(f"Error id: {error_id}")
    return "\n\n".join(lines)


def error_object(fault: Fault, error_id: str) -> dict[str, Any]:
    """Build the error object of OpenAI clients: message, type, code, and our error id."""
    detail = _shortened(fault.detail)
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


def _shortened(detail: str) -> str:
    text = " ".join(redact(detail).split())
    return text if len(text) <= DETAIL_SHOWN else text[: DETAIL_SHOWN - 1] + "…"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)
