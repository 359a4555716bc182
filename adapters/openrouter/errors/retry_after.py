"""Reads how long upstream asks to wait, from all places where it may state this."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from http import HTTPStatus

from adapters.openrouter.wire.fields import mapping
from ports.json_values import JsonObject
from ports.retry_after import LONGEST_WAIT, stated_number, stated_wait


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
