"""Which guard of upstream blocked a request or an answer."""

import pytest

from domain.faults.blame import Blame, blame_of
from domain.faults.causes import Guard
from domain.faults.classify import fault_of_problem
from domain.faults.fault import FaultKind, RetryRule
from ports.answer_facts import AnswerFacts, PipelineStage, RoutingReport
from ports.response_events import UpstreamProblem

BLOCKED = AnswerFacts(alignment=(("blocked", 2),))
STAGE = AnswerFacts(routing=RoutingReport(stages=(PipelineStage("guardrail", "prompt-injection"),)))
REFUSALS = {
    "injection": (
        UpstreamProblem(403, "403", "Request blocked: prompt injection patterns detected"),
        "PROMPT_INJECTION",
    ),
    "sensitive": (UpstreamProblem(403, "403", "Request blocked: sensitive information detected"), "SENSITIVE_INFO"),
    "personal": (UpstreamProblem(403, "403", "Blocked: personally identifiable information"), "SENSITIVE_INFO"),
    "named": (UpstreamProblem(403, "permission_denied", "Blocked by a guardrail of your workspace"), "GUARDRAIL"),
    "patterns": (UpstreamProblem(403, "403", "Request blocked", patterns=("house_rule",)), "GUARDRAIL"),
    "pattern names it": (UpstreamProblem(403, "403", "Blocked", patterns=("prompt_injection",)), "PROMPT_INJECTION"),
    "stage": (UpstreamProblem(403, "403", "Forbidden", facts=STAGE), "PROMPT_INJECTION"),
    "in a stream": (
        UpstreamProblem(None, "permission_denied", "prompt injection patterns detected"),
        "PROMPT_INJECTION",
    ),
    "alignment": (UpstreamProblem(500, "unmapped", "A rule was broken", withheld=True, facts=BLOCKED), "ALIGNMENT"),
    "alignment without a status": (
        UpstreamProblem(None, "server_error", "x", withheld=True, facts=BLOCKED),
        "ALIGNMENT",
    ),
    "unchecked": (UpstreamProblem(502, "server_error", "x", withheld=True), "UNCHECKED"),
}


@pytest.mark.parametrize(("problem", "guard"), REFUSALS.values(), ids=REFUSALS)
def test_guard_is_named_and_nothing_is_tried_again(problem: UpstreamProblem, guard: str) -> None:
    fault = fault_of_problem(problem)
    assert (fault.kind, fault.cause, fault.rule) == (FaultKind.GUARDED, Guard[guard], RetryRule.NEVER)


@pytest.mark.parametrize(("problem", "guard"), REFUSALS.values(), ids=REFUSALS)
def test_no_breaker_counts_it(problem: UpstreamProblem, guard: str) -> None:
    assert blame_of(fault_of_problem(problem)) is Blame.CALLER


OTHERS = {
    "moderation": (UpstreamProblem(403, "403", "Flagged", reasons=("violence",)), FaultKind.MODERATED),
    "policy of a provider": (UpstreamProblem(None, "misalignment_policy_violation", "No"), FaultKind.MODERATED),
    "budget": (
        UpstreamProblem(403, "403", "Guardrail budget exceeded", limit_source="openrouter_guardrail_budget"),
        FaultKind.CREDITS,
    ),
    "region": (UpstreamProblem(403, "region_restricted", "Not in your region"), FaultKind.FORBIDDEN),
    "no provider": (UpstreamProblem(404, "404", "No endpoints match your guardrail"), FaultKind.NOT_FOUND),
    "failure beside a verdict": (UpstreamProblem(502, "provider_unavailable", "x", facts=BLOCKED), FaultKind.SERVER),
}


@pytest.mark.parametrize(("problem", "kind"), OTHERS.values(), ids=OTHERS)
def test_other_refusals_keep_their_names(problem: UpstreamProblem, kind: FaultKind) -> None:
    assert fault_of_problem(problem).kind is kind
