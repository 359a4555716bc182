"""Reads how long upstream asks to wait, from all places where it may state this."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus

from adapters.openrouter.wire.fields import mapping
from ports.json_values import JsonObject
from ports.retry_after import LONGEST_WAIT, stated_number, stated_wait

_BUSY_STATUSES = frozenset({None, 429, 498, 503, 529})
_LONGEST_TEXT = 16_000
_DELAY = re.compile(r"retry_?delay\W{1,8}(?P<s>\d{1,9}(?:\.\d{1,9})?)s", re.IGNORECASE)
"""Google's `RetryInfo`, also in JSON within JSON."""
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_SPAN = re.compile(
    r"\b(?:again|retry|reset|wait)(?: (?:your request|the request|at least))?(?: in| after| for)?:? (?:about )?"
    rf"(?=\d)(?:(?P<ms>{_NUMBER}) ?ms\b"
    rf"|(?:(?P<h>{_NUMBER}) ?h(?:ours?)?)?[ ,]{{0,2}}(?:(?P<m>{_NUMBER}) ?m(?:in(?:ute)?s?)?)?[ ,]{{0,2}}"
    rf"(?:(?P<s>{_NUMBER}) ?s(?:ec(?:ond)?s?)?)?(?!\w|\.\d))",
    re.IGNORECASE,
)
"""How makers word a wait: "try again in 7m12.96s", "in 20ms", "retry after 45 seconds". Source: OpenAI, Azure, Groq."""
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_wait(
    status: int | None,
    headers: Mapping[str, str],
    metadata: JsonObject,
    availability: JsonObject,
    now: datetime,
) -> float | None:
    """Return the wait in seconds, None if upstream stated none.

    Order: a header, its copy in the error's metadata, the availability notice, then (429 only) the time at which the
    rate limit resets. Source: OpenRouter API reference, errors and rate limits.
    """
    copied = {key.lower(): value for key, value in mapping(metadata.get("headers")).items()}
    for raw_value in (headers.get("Retry-After"), copied.get("retry-after"), availability.get("retry_after")):
        for value in _each(raw_value):
            wait = stated_wait(value, now)
            if wait is not None:
                return wait
    if status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    resets = (headers.get("X-RateLimit-Reset"), copied.get("x-ratelimit-reset"))
    return next((wait for reset in resets for wait in _until(reset, now)), None)


def _each(raw_value: object) -> Iterator[object]:
    yield from raw_value if isinstance(raw_value, list) else (raw_value,)


def _until(reset: object, now: datetime) -> Iterator[float]:
    """Yield the seconds until a time in milliseconds since 1970."""
    for value in _each(reset):
        number = stated_number(value)
        if number is not None:
            yield min(max(number / 1000 - now.timestamp(), 0.0), LONGEST_WAIT)


def worded_wait(status: int | None, said: str, raw: str) -> float | None:
    """Return the wait in seconds that a provider states only in its words or its raw error; None if it does not."""
    if status not in _BUSY_STATUSES:
        return None
    for found in (*_DELAY.finditer(raw[:_LONGEST_TEXT]), *_SPAN.finditer(said[:_LONGEST_TEXT])):
        stated = {name: number for name, number in found.groupdict().items() if number}
        if stated:
            return min(sum(float(number) * _SECONDS[name] for name, number in stated.items()), LONGEST_WAIT)
    return None
