"""Render a fault as the error object of OpenAI clients, and its HTTP headers."""

import math
from typing import Any

from domain.egress.lines import visible_line
from domain.faults.causes import AskedFor, Cause, RefusedPart, TooManyTools
from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact
from entrypoints.sentences.fault_facts import known_words, reasons_of
from entrypoints.sentences.faults import advice, cause_words, happened
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

_FIELD_OF_KIND = {
    FaultKind.UNKNOWN_MODEL: "model",
    FaultKind.FILTERED_MODEL: "model",
    FaultKind.BAD_MESSAGES: "messages",
    FaultKind.CONTEXT_LENGTH: "messages",
}
_FIELD_OF_CAUSE: dict[Cause | None, str] = {
    AskedFor.SEVERAL_ANSWERS: "n",
    RefusedPart.TOOLS: "tools",
    RefusedPart.PICTURES: "messages",
    RefusedPart.FILES: "messages",
    RefusedPart.OUTPUT_LIMIT: "max_tokens",
    RefusedPart.REASONING: "reasoning",
}
DETAIL_SHOWN = 300
"""Characters of upstream's error text that are shown."""


def error_object(fault: Fault, error_id: str, vocabulary: Vocabulary = NEUTRAL) -> dict[str, Any]:
    """Build the error object that OpenAI clients expect: message, type, code, the field at fault, and our error id."""
    detail = detail_of(fault, vocabulary)
    said, reasons = reasons_of(fault)
    objections = [f"{said} {'; '.join(map(shortened, reasons))}."] if reasons else []
    sentences = (happened(fault, vocabulary), *known_words(fault), *objections, advice(fault, vocabulary))
    message = " ".join(sentences) + (f" ({detail})" if detail else "")
    error: dict[str, Any] = {
        "message": f"{message} {vocabulary.say('[error id {error_id}]', error_id=error_id)}",
        "type": _type_of(fault),
        "code": fault.kind.value,
        "param": _field_of(fault),
        "error_id": error_id,
    }
    if fault.retry_after is not None:
        error["retry_after"] = math.ceil(fault.retry_after)
    return error


def headers_of(fault: Fault) -> dict[str, str]:
    """Return the HTTP headers of an error reply: `Retry-After` if the fault has one."""
    return {} if fault.retry_after is None else {"Retry-After": str(math.ceil(fault.retry_after))}


def detail_of(fault: Fault, vocabulary: Vocabulary = NEUTRAL) -> str:
    """Return the details of a fault that callers may see; details of internal defects stay in the log."""
    if fault.kind is FaultKind.INTERNAL:
        return ""
    return shortened(fault.detail or (cause_words(fault.cause, vocabulary) if fault.cause is not None else ""))


def shortened(detail: str) -> str:
    """Return a text from outside as one visible line, redacted and cut to DETAIL_SHOWN characters."""
    text = visible_line(redact(detail))
    return text if len(text) <= DETAIL_SHOWN else text[: DETAIL_SHOWN - 1] + "\u2026"


def _field_of(fault: Fault) -> str | None:
    """Return the caller's field that is at fault; None if no field is known.

    Upstream's own `param` is left out: it names a field of our request, not of the caller's.
    """
    if fault.facts.field:
        return shortened(fault.facts.field)
    if isinstance(fault.cause, TooManyTools):
        return "tools"
    return _FIELD_OF_CAUSE.get(fault.cause) or _FIELD_OF_KIND.get(fault.kind)


def _type_of(fault: Fault) -> str:
    if fault.kind in (FaultKind.NO_KEY, FaultKind.BAD_KEY):
        return "authentication_error"
    if fault.kind in (FaultKind.CREDITS, FaultKind.BUDGET_SPENT):
        return "insufficient_quota"
    if fault.http_status == 429:
        return "rate_limit_error"
    if fault.http_status == 403:
        return "permission_error"
    return "invalid_request_error" if fault.http_status < 500 else "server_error"
