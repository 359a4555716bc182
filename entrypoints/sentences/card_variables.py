"""The variables of card templates, and their values for one fault. Values are unescaped, masked and bounded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.catalog.offer import Objection
from domain.egress.lines import visible_line
from domain.faults.causes import ModelFiltered, NoEvent
from domain.faults.fault import Fault, FaultKind
from domain.redaction.secrets import redact
from entrypoints.sentences.fault_facts import usd
from entrypoints.sentences.faults import advice, cause_words, happened, objection_words
from entrypoints.sentences.template import Value
from entrypoints.sentences.vocabulary import NEUTRAL, Vocabulary

LONGEST_RAW, LONGEST_VALUE = 2_048, 1_000
"""Characters of a raw error and of any other value: less than was masked, so that no cut leaves half a secret."""
_LONGEST = {
    **dict.fromkeys(("raw_body", "metadata_json", "provider_raw_json"), LONGEST_RAW),
    **dict.fromkeys(("detail", "sanitized_detail", "reason"), 500),
}
MOST_LISTED = 20
YES = "true"
ENDPOINTS = ("chat/completions", "responses", "images")

COMMON = ("error_id", "timestamp", "session_id", "user_id", "support_email", "support_url", "model")
"""Known for every fault, as far as the call tells them."""
PROVIDER = (
    *("heading", "detail", "sanitized_detail", "provider", "reason", "raw_body", "model_identifier", "requested_model"),
    *("api_model_id", "normalized_model_id", "openrouter_code", "openrouter_message", "upstream_type"),
    *("upstream_message", "request_id", "request_id_reference", "moderation_reasons", "flagged_excerpt"),
    *("include_model_limits", "context_limit_tokens", "max_output_tokens", "metadata_json", "provider_raw_json"),
    *("native_finish_reason", "error_chunk_id", "error_chunk_created", "streaming_provider", "streaming_model"),
    *("is_streaming_error", "retry_after_seconds", "rate_limit_type", "required_cost", "account_balance"),
    "diagnostics",
)
OTHERS = (
    *("advice", "status_code", "timeout_seconds", "endpoint", "error_type", "max_function_call_loops"),
    *("restriction_reasons", "model_id_filter", "free_model_filter", "tool_calling_filter"),
    *("required_endpoint", "enforced_endpoint"),
)
VARIABLES = frozenset((*COMMON, *PROVIDER, *OTHERS))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the call: `values` by the names of variables, such as `user_id` or the operator's filters.

    `base_url` is where the requests go, without a password.
    """

    model: str = ""
    base_url: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def variables_of(
    fault: Fault, error_id: str, asked: Asked, now: datetime | None, vocabulary: Vocabulary = NEUTRAL
) -> dict[str, Value]:
    """Return the value of every variable that has one."""
    values: dict[str, Value] = {
        **asked.values,
        **_of_fault(fault, vocabulary, now),
        **_of_model(fault, asked),
        **_of_upstream(fault),
        **_of_limits(fault),
        **_of_stream(fault),
        "error_id": error_id,
        "timestamp": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if now is not None else "",
        "endpoint": f"{asked.base_url}/{fault.facts.sent.endpoint}" if fault.facts.sent.endpoint else asked.base_url,
    }
    values["diagnostics"] = _diagnostics(values)
    bounded = {name: _bounded(value, _LONGEST.get(name, LONGEST_VALUE)) for name, value in values.items()}
    return {name: value for name, value in bounded.items() if value}


def _of_fault(fault: Fault, vocabulary: Vocabulary, now: datetime | None) -> dict[str, Value]:
    internal = fault.kind is FaultKind.INTERNAL
    words = cause_words(fault.cause, vocabulary) if fault.cause is not None else ""
    detail = "" if internal else fault.detail or words
    filtered = fault.cause if isinstance(fault.cause, ModelFiltered) else None
    objections: tuple[Objection, ...] = filtered.objections if filtered is not None else ()
    restricted = fault.kind is FaultKind.FILTERED_MODEL and not objections
    return {
        "heading": happened(fault, vocabulary),
        "advice": advice(fault, vocabulary, now),
        "detail": detail,
        "sanitized_detail": detail,
        "reason": detail or happened(fault, vocabulary),
        "provider": fault.provider,
        "status_code": str(fault.http_status),
        "error_type": _error_type(fault),
        "restriction_reasons": (words or happened(fault, vocabulary),)
        if restricted
        else tuple(objection_words(objection, vocabulary) for objection in objections),
    }


def _error_type(fault: Fault) -> str:
    """Return the name of the defect or of the failure of the network; never its message, which may hold anything."""
    name = fault.detail.partition(":")[0]
    return name if name and len(name) <= 60 else fault.kind.value


def _of_model(fault: Fault, asked: Asked) -> dict[str, Value]:
    sent = fault.facts.sent
    slug = sent.model or (fault.cause.slug if isinstance(fault.cause, ModelFiltered) else "") or asked.model
    conflict = fault.kind is FaultKind.WRONG_ENDPOINT
    said = f"{fault.detail} {fault.facts.said.inner_message}".lower()
    required = next((one for one in ENDPOINTS if one in said and one != sent.endpoint), "")
    return {
        "model": slug,
        "model_identifier": slug,
        "requested_model": asked.model or slug,
        "api_model_id": sent.model,
        "normalized_model_id": slug.partition(":")[0],
        "required_endpoint": required if conflict else "",
        "enforced_endpoint": sent.endpoint if conflict else "",
    }


def _of_upstream(fault: Fault) -> dict[str, Value]:
    facts = fault.facts
    said, raw, request_id = facts.said, facts.raw, facts.said.request_id
    return {
        "openrouter_code": said.code,
        "openrouter_message": said.message,
        "upstream_type": said.inner_type,
        "upstream_message": said.inner_message,
        "request_id": request_id,
        "request_id_reference": f"Request id: {request_id}" if request_id else "",
        "moderation_reasons": facts.moderation.reasons,
        "flagged_excerpt": facts.moderation.flagged,
        "raw_body": raw.body,
        "metadata_json": raw.metadata,
        "provider_raw_json": raw.provider,
    }


def _of_limits(fault: Fault) -> dict[str, Value]:
    facts, limits = fault.facts, fault.facts.limits
    seconds = fault.cause.seconds if isinstance(fault.cause, NoEvent) else facts.seconds
    required, balance = facts.amounts.required, facts.amounts.balance
    return {
        "include_model_limits": YES if limits is not None else "",
        "context_limit_tokens": str(limits.context) if limits is not None else "",
        "max_output_tokens": str(limits.output) if limits is not None and limits.output is not None else "",
        "retry_after_seconds": str(math.ceil(fault.retry_after)) if fault.retry_after is not None else "",
        "rate_limit_type": facts.limit_type,
        "required_cost": usd(required) if required is not None else "",
        "account_balance": usd(balance) if balance is not None else "",
        "timeout_seconds": f"{seconds:g}" if seconds is not None else "",
    }


def _of_stream(fault: Fault) -> dict[str, Value]:
    chunk = fault.facts.chunk
    if chunk is None:
        return {}
    return {
        "is_streaming_error": YES,
        "native_finish_reason": chunk.native_finish_reason,
        "error_chunk_id": chunk.id,
        "error_chunk_created": str(chunk.created) if chunk.created else "",
        "streaming_provider": chunk.provider or fault.provider,
        "streaming_model": chunk.model,
    }


def _diagnostics(values: Mapping[str, Value]) -> tuple[str, ...]:
    """List what an operator asks first."""
    named = {
        "Status": "status_code",
        "Code": "openrouter_code",
        "Model": "model",
        "Provider": "provider",
        "Request id": "request_id",
        "Finish reason": "native_finish_reason",
    }
    return tuple(f"{label}: {values[name]}" for label, name in named.items() if values.get(name))


def _bounded(value: Value, most: int) -> Value:
    if isinstance(value, str):
        return visible_line(redact(value)[: 2 * most])[:most]
    return tuple(filter(None, (visible_line(redact(one)[:most]) for one in value[:MOST_LISTED])))
