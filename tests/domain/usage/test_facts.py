"""Facts about answers: what several calls of one turn say together, and what the log gets."""

from domain.usage.facts import MOST_NAMES, added, joined, logged
from ports.answer_facts import AnswerFacts, PipelineStage, RoutedAttempt, RoutingReport

ROUTING = RoutingReport(
    *("m", "fallback", "iad", 2, 3, 1200),
    (RoutedAttempt("Azure", "m", 429), RoutedAttempt("OpenAI", "m", 200)),
    (PipelineStage("guardrail", "armor"),),
)


def test_verdicts_are_added_and_of_the_rest_the_latest_counts():
    one = AnswerFacts("OpenAI", "default", True, ROUTING, (("allowed", 1),), (("flagged", 1),))
    other = AnswerFacts("Azure", "", False, None, (("allowed", 2), ("blocked", 1)))
    assert joined(one, other) == AnswerFacts(
        *("Azure", "default", True, ROUTING), (("allowed", 3), ("blocked", 1)), (("flagged", 1),)
    )


def test_the_log_gets_flat_values_that_are_not_empty():
    assert logged(AnswerFacts("OpenAI", routing=ROUTING, alignment=(("allowed", 2), ("blocked", 1)))) == {
        "provider": "OpenAI",
        "alignment": "allowed=2,blocked=1",
        "routing": "fallback",
        "region": "iad",
        "endpoint_attempt": 2,
        "endpoints_tried": "Azure:429,OpenAI:200",
        "pipeline": "guardrail:armor",
        "generation_ms": 1200,
    }
    assert logged(None) == {}


def test_counts_of_many_calls_keep_a_bounded_number_of_names():
    total: tuple[tuple[str, int], ...] = ()
    for call in range(20):
        total = added(total, tuple((f"kind{call}_{number}", 1) for number in range(MOST_NAMES)))
    assert len(total) == MOST_NAMES
    assert total[0] == ("kind0_0", 1)
