"""Reads every error envelope of upstream: HTTP bodies, error events and error chunks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from re import DOTALL, IGNORECASE
from re import compile as pattern

from adapters.openrouter.errors.details import read_details
from adapters.openrouter.errors.nested import quoted_in
from adapters.openrouter.errors.retry_after import read_wait, worded_wait
from adapters.openrouter.wire.codec import load_tolerantly
from adapters.openrouter.wire.facts import read_facts
from adapters.openrouter.wire.fields import NOTHING, count, first_text, flag, mapping, objects, text, texts
from ports.json_values import JsonObject
from ports.response_events import ErrorForm, UpstreamProblem

TEXT_LIMIT = 2_000
NAME_LIMIT, MOST_PATTERNS = 200, 20
GENERIC = frozenset(
    (
        "",
        "error",
        "bad request",
        "internal server error",
        "invalid responses api request",
        "provider returned error",
        "unknown error",
    )
)
TITLE = pattern(r"<title[^>]*>(.{0,300}?)</title", IGNORECASE | DOTALL)


def problem_of_answer(status: int | None, headers: Mapping[str, str], raw: bytes, now: datetime) -> UpstreamProblem:
    """Read the body of an HTTP error; never raises, whatever the body contains."""
    try:
        body = load_tolerantly(raw)
    except ValueError:
        body = raw.decode("utf-8", "replace")
    return read_problem(body, status=status, headers=headers, now=now, in_stream=False)


def read_problem(
    body: object,
    *,
    now: datetime,
    status: int | None = None,
    headers: Mapping[str, str] = NOTHING,
    in_stream: bool = True,
) -> UpstreamProblem:
    """Read a decoded envelope. `status` is the HTTP status of the answer, None inside a stream.

    `in_stream`: the envelope is a frame of a stream, and not the whole answer.
    """
    found = _envelope(body)
    known_status = status if status is not None and status != HTTPStatus.OK else _status_of(found.error)
    message = _message(found, known_status)
    nested = (found.error or found.plain, found.metadata.get("raw"), mapping(found.body.get("metadata")))
    quoted = quoted_in(*nested, besides=message)
    details = read_details(found.body, found.error, found.metadata, in_stream=in_stream)
    wait = read_wait(known_status, headers, found.metadata, found.availability, now)
    if wait is None:
        wait = worded_wait(known_status, f"{message} {quoted.text}", details.raw.provider)
    return UpstreamProblem(
        status=known_status,
        kind=_kind(found, known_status)[:NAME_LIMIT],
        text=_presentable(message),
        provider=text(found.metadata.get("provider_name"))[:NAME_LIMIT],
        limit_source=text(found.metadata.get("limit_source"))[:NAME_LIMIT],
        retry_after=wait,
        retryable=flag(found.availability.get("retryable")),
        reasons=_reasons(found),
        request_id=_request_id(found, headers),
        form=_form(body, found),
        quoted=quoted,
        received=now,
        facts=read_facts(found.body),
        patterns=tuple(name[:NAME_LIMIT] for name in texts(found.metadata.get("patterns"))[:MOST_PATTERNS]),
        withheld=bool(mapping(found.metadata.get("alignment"))),
        details=details,
    )


@dataclass(frozen=True, slots=True)
class _Envelope:
    body: JsonObject
    error: JsonObject
    metadata: JsonObject
    availability: JsonObject
    plain: str  # the error if it is only a string


def _envelope(body: object) -> _Envelope:
    outer = mapping(body[0] if isinstance(body, list) and body else body)
    response = mapping(outer.get("response"))
    outer = {**outer, **response} if response else outer
    inner = outer.get("error")
    error = mapping(inner)
    if not error and not inner:  # the flat form: the frame itself is the error
        error = {key: value for key, value in outer.items() if key in ("code", "message", "param", "metadata")}
    metadata = mapping(error.get("metadata")) or mapping(outer.get("metadata"))
    availability = mapping(error.get("availability")) or mapping(outer.get("availability"))
    plain = inner if isinstance(inner, str) else text(body)
    return _Envelope(outer, error, metadata, availability, plain)


def _form(body: object, found: _Envelope) -> ErrorForm:
    if isinstance(body, str):
        return ErrorForm.PAGE if _is_page(body) else ErrorForm.OTHER
    described = mapping(found.body.get("error")) or found.body.get("error_type") or found.availability
    return ErrorForm.OBJECT if described else ErrorForm.OTHER


def _is_page(answer: str) -> bool:
    return answer.lstrip("\ufeff \t\r\n").startswith("<")


def _status_of(error: JsonObject) -> int | None:
    names = ("http_status", "code", "status", "status_code", "http_code")
    candidates = (count(error.get(name)) for name in names)
    return next((status for status in candidates if 400 <= status <= 599), None)


def _kind(found: _Envelope, status: int | None) -> str:
    code = text(found.error.get("code"))
    kind = first_text(
        (
            found.metadata.get("error_type"),
            found.error.get("error_type"),
            found.body.get("error_type"),
            found.availability.get("code"),
            "" if code.strip().lstrip("-").isdigit() else code,
            found.error.get("type"),
        )
    )
    return kind.strip() or (str(status) if status else "unknown")


def _message(found: _Envelope, status: int | None) -> str:
    detail = found.body.get("detail")
    message = first_text(
        (found.error.get("message"), found.body.get("message"), detail, _issues(detail), _readable(found.plain))
    )
    if message.strip().rstrip(".").lower() not in GENERIC:
        return message
    raw = found.metadata.get("raw", mapping(found.body.get("metadata")).get("raw"))
    return _raw_text(raw) or message or _phrase(status)


def _raw_text(raw: object, depth: int = 0) -> str:
    """Return the error message in `metadata.raw`: plain text, JSON as text, an object, or a list of issues."""
    if isinstance(raw, str):
        try:
            decoded = load_tolerantly(raw.encode("utf-8", "replace")) if raw.lstrip()[:1] in ("{", "[") else None
        except ValueError:
            decoded = None
        return _readable(raw) if decoded is None else _raw_text(decoded, depth + 1) if depth < 3 else ""
    if isinstance(raw, dict):
        inner, detail = raw.get("error"), raw.get("detail")
        return first_text((mapping(inner).get("message"), inner, raw.get("message"), detail, _issues(detail)))
    return _issues(raw)


def _issues(listed: object) -> str:
    """Return what a validator complains of, in the form of OpenRouter or of servers such as vLLM (`loc` and `msg`)."""
    return "; ".join(filter(None, map(_issue_text, objects(listed)[:3])))


def _issue_text(entry: JsonObject) -> str:
    path = entry.get("path", entry.get("loc"))
    where = ".".join(str(step) for step in path[:20] if isinstance(step, str | int)) if isinstance(path, list) else ""
    message = first_text((entry.get("message"), entry.get("msg")))
    return f"{message} (at {where})" if message and where else message


def _readable(answer: str) -> str:
    """Return plain text; of an HTML page only its title."""
    if not _is_page(answer):
        return answer
    title = TITLE.search(answer[:20_000])
    return f"{title[1].strip()} (a web page, not an API answer)" if title else "a web page, not an API answer"


def _phrase(status: int | None) -> str:
    if status is None:
        return "no message"
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _presentable(message: str) -> str:
    return " ".join(message[: 4 * TEXT_LIMIT].split())[:TEXT_LIMIT]


def _reasons(found: _Envelope) -> tuple[str, ...]:
    reasons = (
        *texts(found.metadata.get("reasons")),
        *texts(found.metadata.get("reason")),
        *texts(found.availability.get("excluded_by")),
    )
    return tuple(reason[:NAME_LIMIT] for reason in dict.fromkeys(reasons))[:20]


def _request_id(found: _Envelope, headers: Mapping[str, str]) -> str:
    return first_text(
        (
            headers.get("X-Generation-Id"),
            headers.get("X-Request-Id"),
            found.metadata.get("request_id"),
            found.body.get("request_id"),
            found.body.get("id"),
        )
    )[:NAME_LIMIT]
