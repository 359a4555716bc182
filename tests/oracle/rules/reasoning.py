"""The reasoning object against the catalog, and parameters that conflict with reasoning."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.rules.facts import Facts, is_at_least
from tests.oracle.rules.values import is_integer

EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})
SUMMARIES = frozenset({"auto", "concise", "detailed"})
NEWER_KEYS = {"context": {"auto", "all_turns", "current_turn"}, "mode": {"standard", "pro"}}
CLAUDE_BUDGET = (1024, 128_000)


def reasoning_complaints(body: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    reasoning = body.get("reasoning")
    if isinstance(reasoning, Mapping):
        yield from shape_complaints(reasoning, facts)
        yield from catalog_complaints(reasoning, facts)
        yield from budget_complaints(body, reasoning, facts)
    elif "reasoning" in body:
        yield "7.1 reasoning: not an object"
    choice = body.get("tool_choice")
    forced = choice == "required" or isinstance(choice, Mapping)
    if forced and facts.vendor == "anthropic" and facts.thinks(reasoning):
        yield "6.1 tool_choice: forced while the model reasons"


def shape_complaints(reasoning: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    known = {"effort", "max_tokens", "enabled", "summary", *NEWER_KEYS}
    yield from (f"7.1 reasoning.{key}: unknown" for key in reasoning.keys() - known)
    if "effort" in reasoning and "max_tokens" in reasoning:
        yield "14.5 reasoning: effort and budget"
    if "effort" in reasoning and reasoning["effort"] not in list(EFFORTS):
        yield f"7.1 reasoning.effort: {reasoning['effort']!r:.60}"
    if "summary" in reasoning and reasoning["summary"] not in list(SUMMARIES):
        yield f"7.1 reasoning.summary: {reasoning['summary']!r:.60}"
    if "enabled" in reasoning and not isinstance(reasoning["enabled"], bool):
        yield "7.1 reasoning.enabled: not a boolean"
    for key, words in NEWER_KEYS.items():
        if key in reasoning and (reasoning[key] not in list(words) or not is_at_least(facts.slug, (5, 6))):
            yield f"7.1 reasoning.{key}: only GPT-5.6 and newer"


def catalog_complaints(reasoning: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    if not facts.can_reason:
        yield "14.5 reasoning: the model does not support it"
        return
    effort, entry = reasoning.get("effort"), facts.reasoning
    if entry.get("mandatory") and (effort == "none" or reasoning.get("enabled") is False):
        yield "14.5 reasoning: off, but mandatory"
    if facts.is_open or not entry or effort is None:
        return
    if "supported_efforts" not in entry:
        yield "7.1 reasoning.effort: the model has no effort control"
    elif entry["supported_efforts"] is not None and effort not in entry["supported_efforts"]:
        yield f"14.5 reasoning.effort: the model does not list {effort!r:.60}"


def budget_complaints(body: Mapping[str, Any], reasoning: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    claude = facts.vendor == "anthropic"
    low, high = CLAUDE_BUDGET if claude else (1, None)
    limit = body.get("max_output_tokens", facts.output_limit)
    if "max_tokens" in reasoning:
        budget = reasoning["max_tokens"]
        if not is_integer(budget, low, high):
            yield f"14.4 reasoning.max_tokens: {budget!r:.60} is not an integer from {low} to {high or 'any'}"
        elif claude and is_integer(limit, 1) and budget >= limit:
            yield f"14.4 reasoning.max_tokens: {budget} is not below the output limit {limit}"
        if not facts.is_open and facts.reasoning and not facts.reasoning.get("supports_max_tokens"):
            yield "7.1 reasoning.max_tokens: the model does not accept a budget"
    by_budget = claude and bool(facts.reasoning.get("supports_max_tokens"))
    if by_budget and facts.thinks(reasoning) and is_integer(limit, 1) and limit <= CLAUDE_BUDGET[0]:
        yield f"7.1 max_output_tokens: {limit} leaves no room for the smallest budget"
