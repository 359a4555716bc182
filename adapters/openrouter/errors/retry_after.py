"""How long upstream asks to wait, from any of the places where it says so."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite

from adapters.openrouter.wire.fields import mapping
from ports.json_values import JsonObject

LONGEST_WAIT = 7 * 86_400.0


def read_wait(
    status: int | None,
    headers: Mapping[str, str],
    metadata: JsonObject,
    availability: JsonObject,
    now: datetime,
) -> float | None:
    """Return the wait in seconds, None when upstream named none.

    A header counts first, then its copy in the error's metadata, then the availability notice, then (429 only) the
    moment the rate limit starts anew. Source: OpenRouter API reference, errors and rate limits.
    """
    copied = {key.lower(): value for key, value in mapping(metadata.get("headers")).items()}
    for said in (headers.get("Retry-After"), copied.get("retry-after"), availability.get("retry_after")):
        for value in _each(said):
            wait = _seconds(value, now)
            if wait is not None:
                return wait
    if status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    resets = (headers.get("X-RateLimit-Reset"), copied.get("x-ratelimit-reset"))
    return next((wait for reset in resets for wait in _until(reset, now)), None)


def _each(said: object) -> Iterator[object]:
    yield from said if isinstance(said, list) else (said,)


def _number(said: object) -> float | None:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return None
    try:
        number = float(said)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _seconds(said: object, now: datetime) -> float | None:
    number = _number(said)
    if number is None and isinstance(said, str):
        try:
            moment = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        number = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return None if number is None else min(max(number, 0.0), LONGEST_WAIT)


def _until(reset: object, now: datetime) -> Iterator[float]:
    """Yield the seconds to a moment given in milliseconds since 1970."""
    for value in _each(reset):
        number = _number(value)
        if number is not None:
            yield min(max(number / 1000 - now.timestamp(), 0.0), LONGEST_WAIT)
