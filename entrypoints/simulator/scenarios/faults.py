"""Answers that fail: HTTP errors in every envelope, and failures reported inside the stream."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from entrypoints.simulator.answers import (
    Answer,
    common,
    edge_page,
    failed_response,
    from_provider,
    invalid_prompt,
    json_answer,
    unavailable,
)
from entrypoints.simulator.payload import Json
from entrypoints.simulator.scenarios.ask import Ask
from entrypoints.simulator.scenarios.moves import Begin, Break, Fail, Finish, Move, NumberedWords, Say, Script

PROVIDER = "Simulator"
RETRY_AFTER = 1
"""Seconds, unless the slug sets others."""

IN_FLIGHT_RETRY_AFTER = 120
"""Seconds, as observed in upstream's answers."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Upstream's error type and message for one status; `raw` is the quoted error of the provider, if there is one."""

    error_type: str
    message: str
    raw: str | None = None


_TROUBLES = {
    400: Trouble("invalid_request", "Provider returned error", "Unsupported value: this request is not for us."),
    401: Trouble("authentication", "User not found."),
    402: Trouble("payment_required", "This request requires more credits, or fewer max_tokens."),
    403: Trouble("permission_denied", "Your input was flagged by the moderation of this model."),
    404: Trouble("not_found", "No endpoints found matching your request."),
    408: Trouble("timeout", "The request timed out."),
    409: Trouble("invalid_request", "The request is in conflict with another one."),
    410: Trouble("not_found", "This model is gone."),
    412: Trouble("precondition_failed", "A precondition of the request failed."),
    413: Trouble("payload_too_large", "The request is too large."),
    415: Trouble("invalid_request", "Unsupported media type."),
    422: Trouble("unprocessable", "The request could not be processed."),
    429: Trouble("rate_limit_exceeded", "Provider returned error", "temporarily rate-limited upstream, retry shortly"),
    500: Trouble("server", "Internal Server Error"),
    502: Trouble("provider_unavailable", "Provider returned error", "upstream connect error or disconnect"),
    503: Trouble("provider_overloaded", "No provider is available for this model at the moment."),
    504: Trouble("timeout", "The provider did not answer in time."),
    524: Trouble("timeout", "A timeout occurred."),
    529: Trouble("provider_overloaded", "Provider returned error", "Overloaded"),
}


def http_error(ask: Ask, status: int, flavour: str, retry_after: int | None) -> Answer:
    """Fail with `status` in the envelope `flavour` ("": the common one); without `retry_after` upstream's usual one."""
    if retry_after is None and status in {429, 503}:
        retry_after = RETRY_AFTER
    trouble = _TROUBLES.get(status, Trouble("unmapped", f"Upstream answered {status}."))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return _FLAVOURS[flavour](ask, status, trouble, headers)


def _common(ask: Ask, status: int, trouble: Trouble, headers: dict[str, str]) -> Answer:
    if status in {400, 422}:
        return from_provider(status, PROVIDER, trouble.raw or trouble.message, error_type=trouble.error_type)
    metadata: Json = {"error_type": trouble.error_type}
    if trouble.raw is not None:
        metadata |= {"raw": f"{ask.model}: {trouble.raw}", "provider_name": PROVIDER, "is_byok": False}
    if status == 402:
        metadata |= {"limit_source": "openrouter_credits", "reason": "weight_exceeds_budget"}
    elif status == 403:
        flagged = ask.prompt.text[:100]
        metadata |= {"reasons": ["violence"], "flagged_input": flagged, "provider_name": PROVIDER}
        metadata["model_slug"] = ask.model
    elif status == 429:
        metadata |= {"limit_source": "upstream_provider_shared_pool", "remedy_hint": "Retry shortly"}
    if headers:
        metadata["headers"] = headers
    return common(status, trouble.message, None if status == 401 else metadata, headers)


def _responses(ask: Ask, status: int, trouble: Trouble, headers: dict[str, str]) -> Answer:
    """Build the envelopes that only /responses uses; the status selects one."""
    if status == 400:
        issue: Json = {"code": "invalid_union", "errors": [], "path": ["input", 0], "message": "Invalid input"}
        return invalid_prompt([issue])
    codes = {404: "no_endpoints", 429: "capacity_exhausted", 503: "temporarily_unavailable"}
    if status in codes:
        wait = int(headers["Retry-After"]) if "Retry-After" in headers else None
        return unavailable(status, codes[status], trouble.message, [ask.model], retry_after=wait)
    answer = failed_response(status, ask.generation_id, trouble.raw or trouble.message, trouble.error_type)
    return Answer(answer.status, answer.body, headers)


def _string(ask: Ask, status: int, trouble: Trouble, headers: dict[str, str]) -> Answer:
    del ask
    return json_answer(status, {"error": trouble.message}, headers)


def _typed(ask: Ask, status: int, trouble: Trouble, headers: dict[str, str]) -> Answer:
    """Build the provider's own envelope, passed on unchanged; its `code` is the vendor's number as text."""
    del ask
    error = {"type": trouble.error_type, "code": "1261", "param": None, "message": trouble.raw or trouble.message}
    return json_answer(status, {"error": {**error, "metadata": "none"}}, headers)


def _empty(ask: Ask, status: int, trouble: Trouble, headers: dict[str, str]) -> Answer:
    del ask, trouble
    return Answer(status, b"", headers)


_FLAVOURS: dict[str, Callable[[Ask, int, Trouble, dict[str, str]], Answer]] = {
    "": _common,
    "responses": _responses,
    "string": _string,
    "typed": _typed,
    "empty": _empty,
}
FLAVOURS = "|".join(name for name in _FLAVOURS if name)


def html_error(ask: Ask, status: int) -> Answer:
    """Fail with an HTML page of the edge server."""
    del ask
    return edge_page(status)


def daily_limit(ask: Ask) -> Answer:
    """Fail because the free requests of the day are used up; upstream reports its own limits in headers."""
    del ask
    today = datetime.now(UTC).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), UTC)
    limits = {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(round(midnight.timestamp() * 1000)),
    }
    metadata = {
        "error_type": "rate_limit_exceeded",
        "limit_source": "openrouter_free_tier_daily",
        "headers": limits,
        "provider_name": None,
    }
    return common(429, "Rate limit exceeded: free-models-per-day.", metadata, limits)


def in_flight_budget(ask: Ask, retry_after: int | None) -> Answer:
    """Fail because other running calls reserve too much of the remaining credits."""
    del ask
    headers = {"Retry-After": str(retry_after if retry_after is not None else IN_FLIGHT_RETRY_AFTER)}
    metadata = {
        "error_type": "payment_required",
        "limit_source": "openrouter_in_flight_budget",
        "reason": "in_flight_budget_exhausted",
        "headers": headers,
    }
    return common(402, "Too many paid requests are in flight for the remaining credits.", metadata, headers)


def amounts(ask: Ask) -> Answer:
    """Fail because the request costs more than the account has, and name both."""
    del ask
    metadata = {
        "error_type": "payment_required",
        "limit_source": "openrouter_credits",
        "required_cost": 0.25,
        "account_balance": -0.02,
    }
    return common(402, "Insufficient credits. This request requires $0.25; your balance is -$0.02.", metadata)


def key_limit(ask: Ask) -> Answer:
    """Fail because the key has reached its own limit of spending."""
    del ask
    metadata = {"error_type": "permission_denied", "limit_source": "openrouter_key_limit"}
    return common(403, "Key limit exceeded (total limit).", metadata)


def provider_key(ask: Ask) -> Answer:
    """Fail because the provider refuses the key that the account has for it."""
    del ask
    return _quoting(401, {"type": "authentication_error", "message": "invalid x-api-key"})


def provider_money(ask: Ask) -> Answer:
    """Fail because the account at the provider has nothing left."""
    del ask
    return _quoting(429, {"code": "1113", "message": "Insufficient balance or no resource package. Please recharge."})


def moderated_by_provider(ask: Ask) -> Answer:
    """Fail because the provider's own moderation objects, in its own words."""
    del ask
    return _quoting(400, {"type": "invalid_request_error", "message": "Content Exists Risk"})


def _quoting(status: int, error: Json) -> Answer:
    metadata = {"raw": json.dumps({"error": error}), "provider_name": PROVIDER}
    return common(status, "Provider returned error", metadata)


def privacy(ask: Ask) -> Answer:
    """Fail because the account's privacy settings exclude every provider of the model."""
    message = "No endpoints found matching your data policy. Configure: https://openrouter.ai/settings/privacy"
    return unavailable(404, "privacy_restricted", message, [ask.model], excluded_by="data_policy:training")


def other_endpoint(ask: Ask) -> Answer:
    """Fail because the model is called at an endpoint that it does not have."""
    return unavailable(400, "wrong_endpoint", f"{ask.model} is called through POST /images.", [ask.model])


def too_long(ask: Ask) -> Answer:
    """Fail because the conversation is longer than the model reads, however short it is."""
    del ask
    message = "This endpoint's maximum context length is 256000 tokens. However, you requested about 300000 tokens."
    return common(400, message, {"error_type": "context_length_exceeded"})


def incomplete(count: int, *, filtered: bool) -> Script:
    """End incomplete, at the length limit or by the content filter."""
    said = Say(NumberedWords(count), status="incomplete")
    return (said, Finish("content_filter" if filtered else "max_output_tokens"))


def failed(count: int) -> Script:
    """Fail with a failed response after `count` deltas."""
    said: tuple[Move, ...] = (Say(NumberedWords(count), closes=False),) if count else (Begin(),)
    return (*said, Fail("The provider stopped answering."))


def error_event(shape: str, count: int) -> Script:
    """Fail with an error event after `count` deltas; with 0 it is the very first event."""
    said: tuple[Move, ...] = (Say(NumberedWords(count), closes=False),) if count else ()
    message = "The provider lost the connection."
    if shape == "frame":
        return (*said, Break("frame", message))
    return (*said, Break("nested" if shape == "nested" else "flat", message))
