"""What a turn costs: the sum of its bills, and the attempts without a bill."""

from dataclasses import replace
from decimal import Decimal

from domain.turn.events import AttemptFailed, CallFinished, Cancelled
from domain.turn.machine import TurnPlan
from ports.answer_facts import AnswerFacts
from ports.response_events import StreamClosed
from ports.responses import Reach, Refused, Unreachable
from ports.toolbox import ToolResult
from ports.usage import Usage
from tests.domain.turn.talk import (
    COST,
    REQUEST,
    STARTED,
    Turn,
    call,
    completed,
    delta,
    done,
    failed,
    message,
    problem,
    reported,
)

TOOLS = TurnPlan(REQUEST, runnable=frozenset({"look"}))


def test_the_bills_of_all_rounds_are_summed():
    turn = Turn(TOOLS)
    turn.feed(*done(call()), completed(usage=COST))
    turn.feed(CallFinished("call_1", ToolResult("found")))
    turn.feed(delta("a"), completed(usage=Usage(input_tokens=20, cached_tokens=8, total_tokens=21)))
    assert turn.end.usage == Usage(30, 5, 36, 8, 0, 0, Decimal("0.001"), latest_input=20, latest_output=0)


def test_a_billed_turn_has_nothing_left_to_estimate():
    turn = Turn()
    turn.feed(delta("a"), completed(usage=COST))
    assert turn.unbilled is None


def test_an_answer_that_upstream_never_billed_is_counted_in_characters():
    turn = Turn()
    turn.feed(delta("four"), StreamClosed(said_done=False))
    assert (turn.end.usage, turn.unbilled) == (None, 4)


def test_an_unbilled_round_counts_also_when_the_next_one_is_billed():
    turn = Turn(TOOLS)
    turn.feed(*done(message("four"), call()), StreamClosed(said_done=True))
    turn.feed(CallFinished("call_1", ToolResult("found")))
    turn.feed(delta("more"), completed(usage=COST))
    assert (turn.end.usage, turn.unbilled) == (COST, 4)


def test_an_attempt_rejected_before_any_output_costs_nothing():
    turn = Turn()
    turn.feed(STARTED, reported(401, "authentication"))
    assert turn.unbilled is None


def test_a_response_that_failed_before_any_output_costs_nothing():
    turn = Turn()
    turn.feed(STARTED, failed(problem(401)))
    assert turn.unbilled is None


def test_all_unbilled_rounds_are_counted():
    turn = Turn(TOOLS)
    turn.feed(*done(message("four"), call()), StreamClosed(said_done=True))
    turn.feed(CallFinished("call_1", ToolResult("found")))
    turn.feed(delta("three"), StreamClosed(said_done=True))
    assert turn.unbilled == 9


def test_an_attempt_that_was_never_sent_costs_nothing():
    turn = Turn()
    turn.feed(AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT)))
    turn.feed(Cancelled())
    assert turn.unbilled is None


def test_a_turn_stopped_before_the_first_word_may_cost_its_question():
    turn = Turn()
    turn.feed(STARTED)
    turn.feed(Cancelled())
    assert turn.unbilled == 0


def test_the_end_names_the_model_of_the_last_response():
    turn = Turn()
    turn.feed(STARTED, delta("a"), completed(usage=COST))
    assert [(record.generation_id, record.model) for record in turn.ended_attempts] == [("gen-1", "maker/answering")]


def test_what_upstream_said_about_its_answers_is_kept_for_each_attempt_and_for_the_turn():
    turn = Turn(TOOLS)
    turn.feed(*done(call()), replace(completed(usage=COST), facts=AnswerFacts("OpenAI", alignment=(("allowed", 1),))))
    turn.feed(CallFinished("call_1", ToolResult("found")))
    turn.feed(delta("a"), replace(completed(), facts=AnswerFacts("Azure", "flex", alignment=(("allowed", 1),))))
    assert [attempt.facts.provider for attempt in turn.ended_attempts] == ["OpenAI", "Azure"]
    assert turn.end.facts == AnswerFacts("Azure", "flex", alignment=(("allowed", 2),))


def test_a_response_that_failed_keeps_what_upstream_said_about_it():
    turn = Turn()
    turn.feed(delta("a"), replace(failed(problem(500)), facts=AnswerFacts(alignment=(("blocked", 1),))))
    assert turn.end.facts == AnswerFacts(alignment=(("blocked", 1),))


def test_what_upstream_said_with_a_refusal_is_kept_too():
    turn = Turn()
    refused = replace(problem(403), facts=AnswerFacts(alignment=(("blocked", 1),)))
    turn.feed(AttemptFailed(Refused(refused)))
    assert turn.end.facts == AnswerFacts(alignment=(("blocked", 1),))
