"""Recognise that the requests or tokens of a day are used up, and say when they come back.

Sources: OpenRouter API reference, rate limits; the words of OpenRouter, Google, Groq and OpenAI.
"""

import re
from datetime import UTC, datetime, time, timedelta

from domain.faults.causes import DailyLimit
from ports.response_events import UpstreamProblem

_SOURCE = "openrouter_free_tier_daily"
_FREE_MODELS = "free-models-per-day"
_WORDS = re.compile(
    rf"{_FREE_MODELS}|per[-_ ]?day\b|perday|\bdaily\b.{{0,40}}(?:limit|quota|allowance)"
    r"|(?:limit|quota)\w* .{0,40}\bdaily\b"
    r"|\((?:rpd|tpd)\)|\bper (?:24 hours|calendar day)",
)
_KINDS = frozenset({"rate_limit_exceeded", "rate_limit_error", "insufficient_quota", "resource_exhausted"})
_STATUSES = frozenset({None, 403, 429, 500, 502})


def daily_limit(problem: UpstreamProblem, status: int | None) -> DailyLimit | None:
    """Return the limit of the day that a problem reports: waiting a little does not help; None for any other."""
    words = f"{problem.text} {problem.quoted.text}".lower()
    limited = status == 429 or problem.kind.lower() in _KINDS or "rate limit" in words or "quota" in words
    worded = limited and status in _STATUSES and _WORDS.search(words) is not None
    return DailyLimit(_end(problem, words)) if worded or problem.limit_source == _SOURCE else None


def _end(problem: UpstreamProblem, words: str) -> datetime | None:
    """Return when the limit ends: after the stated wait; the free requests of a day come back at midnight UTC."""
    if problem.received is None:
        return None
    if problem.retry_after is not None:
        return problem.received + timedelta(seconds=problem.retry_after)
    if _FREE_MODELS not in words:
        return None
    return datetime.combine(problem.received.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
