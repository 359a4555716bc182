"""Reads what a response or chunk says about its answer; a wrong type counts as absent."""

from collections import Counter
from collections.abc import Iterable

from adapters.openrouter.wire.fields import NOTHING, amount, count, first_text, mapping, objects, text
from ports.answer_facts import AnswerFacts, Counts, PipelineStage, RoutedAttempt, RoutingReport
from ports.json_values import JsonObject

MOST, NAME_LIMIT = 32, 128
"""Attempts, stages and kinds of verdicts that are kept, and the characters of a name."""
FIELDS = ("provider", "service_tier", "openrouter_metadata", "alignment", "safeguard_results")
REPORT_HEADER = ("X-OpenRouter-Metadata", "enabled")
"""Asks for the routing report, which costs nothing and comes with the last event."""


def read_facts(response: JsonObject) -> AnswerFacts | None:
    """Return the facts of a response, a chunk or an error body; None if it says none."""
    report = mapping(response.get("openrouter_metadata"))
    facts = AnswerFacts(
        provider=_name(first_text((response.get("provider"), _selected(report)))),
        service_tier=_name(response.get("service_tier")),
        is_byok=True in (report.get("is_byok"), mapping(response.get("usage")).get("is_byok")),
        routing=_routing(report) if report else None,
        alignment=_counted(call.get("outcome") for call in objects(_alignment(response).get("calls"))),
        safeguards=_counted(
            outcome for result in objects(response.get("safeguard_results")) for outcome in _of(result)
        ),
    )
    return None if facts == AnswerFacts() else facts


def _name(value: object) -> str:
    return text(value).strip()[:NAME_LIMIT]


def _selected(report: JsonObject) -> str:
    """Return the provider that answered: the selected endpoint, or else the last one tried."""
    endpoints = objects(mapping(report.get("endpoints")).get("available"))
    chosen = next((endpoint for endpoint in endpoints if endpoint.get("selected") is True), None)
    tried = objects(report.get("attempts"))
    return text((chosen or (tried[-1] if tried else NOTHING)).get("provider"))


def _routing(report: JsonObject) -> RoutingReport:
    return RoutingReport(
        requested=_name(report.get("requested")),
        strategy=_name(report.get("strategy")),
        region=_name(report.get("region")),
        attempt=count(report.get("attempt")),
        endpoints=count(mapping(report.get("endpoints")).get("total")),
        generation_ms=count(report.get("generation_time")),
        attempts=tuple(
            RoutedAttempt(_name(tried.get("provider")), _name(tried.get("model")), count(tried.get("status")))
            for tried in objects(report.get("attempts"))[:MOST]
        ),
        stages=tuple(
            PipelineStage(_name(stage.get("type")), _name(stage.get("name")), amount(stage.get("cost_usd")))
            for stage in objects(report.get("pipeline"))[:MOST]
        ),
    )


def _alignment(response: JsonObject) -> JsonObject:
    """Return the result of the alignment plugin; a failed response has it in the metadata of its error."""
    metadata = mapping(mapping(response.get("error")).get("metadata")) or mapping(response.get("metadata"))
    return mapping(response.get("alignment")) or mapping(metadata.get("alignment"))


def _of(result: JsonObject) -> Iterable[object]:
    """Return the outcome of each tool call that a safeguard looked at: its verdict, or why there is none."""
    status = mapping(result.get("status"))
    uses = [use for use in mapping(status.get("tool_uses")).values() if isinstance(use, dict)]
    return [first_text((use.get("outcome"), use.get("type"))) for use in uses] or [status.get("type")]


def _counted(outcomes: Iterable[object]) -> Counts:
    named = Counter(name for outcome in outcomes if (name := _name(outcome)))
    return tuple(sorted(named.items())[:MOST])
