"""Recognise which guard of upstream blocked a request or an answer.

Guardrails of an account refuse a request before any model reads it, with 403. The alignment plugin withholds an answer
and reports an error. Armor withholds calls of tools, and the answer goes on. Source: the official SDK; OpenRouter's
pages on guardrails and plugins.
"""

import re

from domain.faults.causes import Guard
from ports.answer_facts import AnswerFacts, Counts
from ports.response_events import UpstreamProblem

_BLOCKED = "blocked"
_WITHHELD = ("flagged", "unavailable")
"""Verdicts of Armor that withhold a call, the second one where it is set so."""
_REFUSED = 403
_STAGE = "guardrail"
_WORDS = (
    (Guard.PROMPT_INJECTION, re.compile(r"prompt[ _-]injection")),
    (Guard.SENSITIVE_INFO, re.compile(r"sensitive[ _-](?:info|data)|personal(?:ly)?[ _-](?:identifiable|info|data)")),
    (Guard.GUARDRAIL, re.compile(r"guard[ _-]?rail")),
)
"""What a refusal by a guardrail, or its stage in the routing report, is named."""


def guard_of(problem: UpstreamProblem, status: int | None) -> Guard | None:
    """Return the guard that caused a problem; None for every other cause, a budget that a guardrail sets included."""
    if problem.withheld:
        blocked = problem.facts is not None and _has(problem.facts.alignment, _BLOCKED)
        return Guard.ALIGNMENT if blocked else Guard.UNCHECKED
    if status != _REFUSED or problem.limit_source:
        return None
    stages = problem.facts.routing.stages if problem.facts is not None and problem.facts.routing is not None else ()
    named = [stage.name for stage in stages if stage.kind == _STAGE]
    found = _named(" ".join((problem.text, problem.kind, *problem.patterns, *named)).lower())
    return found or (Guard.GUARDRAIL if problem.patterns else None)


def withheld_by(facts: AnswerFacts | None, *, withheld: bool = False) -> Guard | None:
    """Return the guard that left a response without an answer, by its verdicts; None if none did.

    `withheld`: the response itself says that Armor withheld a call.
    """
    if facts is not None and _has(facts.alignment, _BLOCKED):
        return Guard.ALIGNMENT
    if withheld or facts is None:
        return Guard.ARMOR if withheld else None
    return Guard.ARMOR if any(_has(facts.safeguards, outcome) for outcome in _WITHHELD) else None


def _named(text: str) -> Guard | None:
    return next((guard for guard, words in _WORDS if words.search(text)), None)


def _has(verdicts: Counts, outcome: str) -> bool:
    return any(name == outcome and number for name, number in verdicts)
