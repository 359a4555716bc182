"""Recognise that privacy settings, not the model or its load, leave no provider.

Sources: OpenRouter API reference, availability errors; public reports of its texts.
"""

import re

from domain.faults.causes import NoneLeft
from ports.response_events import UpstreamProblem

_CODE = "privacy_restricted"
_FILTER = "data_policy"
_WORDS = re.compile(
    r"data polic|privacy (?:settings|polic|guardrail)|settings/privacy|\bzdr\b|zero[- ]data[- ]retention"
)


def none_left(problem: UpstreamProblem, status: int | None) -> NoneLeft | None:
    """Return what excludes every provider; None if it is not known to be a matter of privacy."""
    if _CODE in (problem.details.availability, problem.kind):
        return NoneLeft.PRIVACY
    if status != 404:
        return None
    filters = problem.reasons and all(reason.startswith(_FILTER) for reason in problem.reasons)
    return NoneLeft.PRIVACY if filters or _WORDS.search(problem.text.lower()) else None
