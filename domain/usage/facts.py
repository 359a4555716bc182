"""Join the facts about the answers of one turn, and name them for the log."""

from collections import Counter
from dataclasses import replace

from ports.answer_facts import AnswerFacts, Counts
from ports.telemetry import LogValue

MOST_NAMES = 32


def joined(earlier: AnswerFacts, later: AnswerFacts) -> AnswerFacts:
    """Return the facts of both: verdicts are added up, of the rest the latest that upstream named counts."""
    return replace(
        later,
        provider=later.provider or earlier.provider,
        service_tier=later.service_tier or earlier.service_tier,
        is_byok=earlier.is_byok or later.is_byok,
        routing=later.routing or earlier.routing,
        alignment=added(earlier.alignment, later.alignment),
        safeguards=added(earlier.safeguards, later.safeguards),
    )


def added(one: Counts, other: Counts) -> Counts:
    """Add counts by name; of many names, those that came first are kept."""
    if not one or not other:
        return one or other
    return tuple((Counter(dict(one)) + Counter(dict(other))).items())[:MOST_NAMES]


def logged(facts: AnswerFacts | None) -> dict[str, LogValue]:
    """Return the log values of the facts that upstream named."""
    if facts is None:
        return {}
    values: dict[str, LogValue] = {
        "provider": facts.provider,
        "service_tier": facts.service_tier,
        "byok": facts.is_byok,
        "alignment": listed(facts.alignment),
        "safeguards": listed(facts.safeguards),
    }
    if (routing := facts.routing) is not None:
        values |= {
            "routing": routing.strategy,
            "region": routing.region,
            "endpoint_attempt": routing.attempt,
            "endpoints_tried": ",".join(f"{tried.provider}:{tried.status}" for tried in routing.attempts),
            "pipeline": ",".join(f"{stage.kind}:{stage.name}" for stage in routing.stages),
            "generation_ms": routing.generation_ms,
        }
    return {name: value for name, value in values.items() if value}


def listed(counts: Counts) -> str:
    """Return counts as one text: `allowed=2,blocked=1`."""
    return ",".join(f"{name}={number}" for name, number in counts)
