"""What a response says about its answer is read whatever its types, bounded, and without any text of it."""

from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from adapters.openrouter.errors.envelope import read_problem
from adapters.openrouter.wire.facts import FIELDS, MOST, NAME_LIMIT, read_facts
from adapters.openrouter.wire.usage import read_usage
from ports.answer_facts import AnswerFacts, PipelineStage, RoutedAttempt, RoutingReport
from tests.examples import examples

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
NAMES = st.sampled_from(
    (
        *("calls", "outcome", "status", "tool_uses", "type", "available", "endpoints", "total", "selected", "provider"),
        *("attempts", "pipeline", "name", "cost_usd", "region", "strategy", "requested", "is_byok", "metadata"),
    )
)
SHAPED = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=30
)
REPORT = {
    "requested": "openai/gpt-5.6-sol",
    "strategy": "fallback",
    "region": "iad",
    "summary": "words",
    "attempt": 2,
    "is_byok": True,
    "generation_time": 1200,
    "endpoints": {
        "total": 2,
        "available": [
            {"provider": "Azure", "model": "m", "selected": False},
            {"provider": "OpenAI", "model": "m", "selected": True},
        ],
    },
    "attempts": [
        {"provider": "Azure", "model": "m", "status": 429},
        {"provider": "OpenAI", "model": "m", "status": 200},
    ],
    "pipeline": [{"type": "guardrail", "name": "armor", "cost_usd": 0.001, "data": {"text": "secret"}}],
}


@given(st.dictionaries(st.sampled_from((*FIELDS, "usage", "error")), SHAPED | JSON, max_size=7))
@examples(500)
def test_random_json_is_read_without_an_error_and_stays_small(response):
    facts = read_facts(response)
    assert facts is None or len(repr(facts)) < 100_000


@given(st.dictionaries(st.sampled_from(("server_tool_use_details", "server_tool_use", "cost_details", "cost")), JSON))
@examples(300)
def test_random_bills_of_server_tools_are_read_without_an_error(usage):
    read = read_usage({"input_tokens": 1, **usage})
    assert read is not None
    assert all(number > 0 for _, number in read.server_tools)


def test_the_routing_report_is_kept_without_its_words():
    facts = read_facts({"openrouter_metadata": REPORT, "service_tier": "priority"})
    attempts = (RoutedAttempt("Azure", "m", 429), RoutedAttempt("OpenAI", "m", 200))
    stages = (PipelineStage("guardrail", "armor", Decimal("0.001")),)
    routing = RoutingReport("openai/gpt-5.6-sol", "fallback", "iad", 2, 2, 1200, attempts, stages)
    assert facts == AnswerFacts("OpenAI", "priority", True, routing)
    assert "secret" not in repr(facts)


def test_verdicts_are_counted_by_outcome_without_their_explanation():
    uses = {"a": {"type": "evaluated", "outcome": "flagged", "explanation": "the words"}, "b": {"type": "skipped"}}
    facts = read_facts(
        {
            "alignment": {"calls": [{"outcome": "allowed"}, {"outcome": "allowed"}, {"outcome": "blocked"}]},
            "safeguard_results": [
                {"type": "dangerous_tool_use", "status": {"type": "available", "tool_uses": uses}},
                {"type": "dangerous_tool_use", "status": {"type": "unavailable"}},
            ],
        }
    )
    assert facts is not None
    assert facts.alignment == (("allowed", 2), ("blocked", 1))
    assert facts.safeguards == (("flagged", 1), ("skipped", 1), ("unavailable", 1))
    assert "the words" not in repr(facts)


def test_a_blocked_answer_has_its_verdicts_in_the_error():
    error = {"code": "alignment", "metadata": {"alignment": {"calls": [{"call": 1, "outcome": "blocked"}]}}}
    assert read_facts({"error": error}).alignment == (("blocked", 1),)


def test_a_chunk_names_its_provider_itself():
    assert read_facts({"provider": "Anthropic"}) == AnswerFacts("Anthropic")


def test_a_response_without_facts_has_none():
    assert read_facts({"id": "gen-1", "service_tier": None, "usage": {"is_byok": False}}) is None


def test_lists_and_names_have_bounds():
    report = {**REPORT, "attempts": [{"provider": "p" * 10_000}] * 1000, "pipeline": [{"name": "n"}] * 1000}
    facts = read_facts({"openrouter_metadata": report})
    assert (len(facts.routing.attempts), len(facts.routing.stages)) == (MOST, MOST)
    assert len(facts.routing.attempts[0].provider) == NAME_LIMIT


def test_the_work_of_server_tools_is_counted_under_both_names():
    counts = {"web_search_requests": 2, "tool_calls_executed": "3", "new_kind": 1, "none": None, "bad": -1}
    read = (("web_search_requests", 2), ("tool_calls_executed", 3), ("new_kind", 1))
    for name in ("server_tool_use_details", "server_tool_use"):
        assert read_usage({"input_tokens": 1, name: counts}).server_tools == read


def test_the_cost_of_server_tools_is_a_part_of_the_cost():
    usage = read_usage({"input_tokens": 1, "cost": 0.03, "cost_details": {"server_tool_cost": 0.01}})
    assert (usage.server_tool_cost, usage.cost) == (Decimal("0.01"), Decimal("0.03"))


def test_an_error_body_says_where_the_request_went_and_what_blocked_it():
    error = {"code": 403, "message": "no", "metadata": {"alignment": {"calls": [{"call": 1, "outcome": "blocked"}]}}}
    problem = read_problem({"error": error, "openrouter_metadata": REPORT}, now=datetime.now(UTC), status=403)
    assert problem.facts is not None
    assert (problem.facts.provider, problem.facts.alignment) == ("OpenAI", (("blocked", 1),))
    assert read_problem({"error": {"code": 403}}, now=datetime.now(UTC)).facts is None
