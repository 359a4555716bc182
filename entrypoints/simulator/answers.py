"""HTTP answers without a generation: upstream's error envelopes, and the exception that carries one.

Shapes: the common envelope, the variant of the Responses API with `metadata` beside `error`, the failed response
object and the availability error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from entrypoints.simulator.payload import Json

USER_ID = "user_simulator"


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Refusal(Exception):
    """Upstream would reject this request; `answer` is the HTTP answer it would send."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with HTTP {answer.status}")
        self.answer = answer


def json_answer(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    """Serialise `body` as the answer."""
    return Answer(status, orjson.dumps(body), headers or {})


def common(status: int, message: str, metadata: Json | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Build the common envelope; `code` repeats the HTTP status."""
    error: Json = {"message": message, "code": status}
    if metadata is not None:
        error["metadata"] = metadata
    body: Json = {"error": error}
    if status not in {401, 404}:
        body["user_id"] = USER_ID
    return json_answer(status, body, headers)


def from_provider(
    status: int,
    provider: str,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    error_type: str = "invalid_request",
) -> Answer:
    """Wrap a provider's error: its text is in `metadata.raw`, the message itself is generic."""
    inner = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    raw = orjson.dumps({"error": inner}, option=orjson.OPT_INDENT_2).decode()
    metadata = {"raw": raw, "provider_name": provider, "is_byok": False, "error_type": error_type}
    return common(status, "Provider returned error", metadata)


def invalid_prompt(issues: list[Json]) -> Answer:
    """Build the 400 of a request that fits no schema; `metadata.raw` lists every issue, as text."""
    raw = orjson.dumps(issues, option=orjson.OPT_INDENT_2).decode()
    error = {"code": "invalid_prompt", "message": "Invalid Responses API request"}
    return json_answer(400, {"error": error, "metadata": {"raw": raw}})


def failed_response(
    status: int, generation_id: str, message: str, error_type: str, code: str = "server_error"
) -> Answer:
    """Build the failed response object, which upstream also sends as the body of an HTTP error."""
    body: Json = {"id": generation_id, "object": "response", "status": "failed", "output": []}
    return json_answer(status, {**body, "error": {"code": code, "message": message}, "error_type": error_type})


def unavailable(
    status: int,
    code: str,
    message: str,
    models: list[str],
    *,
    retry_after: int | None = None,
    excluded_by: str | None = None,
) -> Answer:
    """Build the availability error; `code` is the reason, `excluded_by` the filter that excluded every endpoint."""
    availability: Json = {
        "code": code,
        "retryable": retry_after is not None,
        "requested_models": models,
        "fallback_models": [],
        "docs_url": "https://openrouter.ai/docs/errors",
    }
    if retry_after is not None:
        availability["retry_after"] = retry_after
    if excluded_by is not None:
        availability["excluded_by"] = [excluded_by]
    kind = {403: "permission_denied", 404: "not_found", 429: "rate_limit_exceeded", 503: "provider_overloaded"}
    error: Json = {
        "message": message,
        "code": status,
        "error_type": kind.get(status, "invalid_request"),
        "http_status": status,
        "availability": availability,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return json_answer(status, {"error": error}, headers)


def edge_page(status: int) -> Answer:
    """Build the HTML error page of the edge server in front of upstream."""
    page = (
        f"<!DOCTYPE html>\n<html><head><title>openrouter.ai | {status}</title></head>\n"
        f"<body><h1>Error {status}</h1><p>The web server reported an error.</p></body></html>\n"
    )
    return Answer(status, page.encode(), content_type="text/html")
