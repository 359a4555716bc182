"""What a turn does with failures as users report them: nothing is sent in vain, and the chat goes on."""

from dataclasses import replace

import pytest

from domain.turn.events import AttemptFailed
from ports.response_events import ItemDone, ProblemReported, UpstreamProblem
from ports.responses import Refused
from tests.domain.turn.talk import STARTED, Turn, completed, delta, message, thought
from tests.domain.turn.test_turn_fitting import WHOLE, outputs, rounds
from tests.domain.turn.test_turn_fitting import plan as fitting_plan
from tests.domain.turn.test_turn_repair import FULL, OTHER, plan

NO_CALL = UpstreamProblem(400, "tool_use_failed", "Failed to call a function. Please adjust your prompt.")
NO_MONEY = UpstreamProblem(429, "insufficient_quota", "You exceeded your current quota.", provider="Maker")
NO_KEY = UpstreamProblem(401, "", "invalid x-api-key", provider="Maker")
PROMPT_COSTS = "Prompt tokens limit exceeded: {} > {}. To increase, visit https://openrouter.ai/settings/keys"


def refused(problem: UpstreamProblem) -> AttemptFailed:
    return AttemptFailed(Refused(problem))


def test_a_model_that_wrote_a_broken_call_gets_the_same_request_once_more():
    turn = Turn(plan())
    turn.feed(refused(NO_CALL))
    assert [attempt.request.body for attempt in turn.attempts] == [FULL, FULL]
    turn.feed(refused(NO_CALL))
    assert (turn.fault, len(turn.attempts)) == ("SERVER", 2)


def test_a_broken_call_after_thinking_may_be_billed_and_is_not_asked_for_again():
    turn = Turn(plan())
    turn.feed(STARTED, ItemDone(0, thought()), ProblemReported(replace(NO_CALL, status=None)))
    assert (turn.fault, len(turn.attempts)) == ("SERVER", 1)


@pytest.mark.parametrize("problem", [NO_MONEY, NO_KEY])
def test_where_only_the_provider_lacks_a_key_or_money_the_fallback_model_answers(problem):
    turn = Turn(plan(fallback=OTHER))
    turn.feed(refused(problem))
    assert [attempt.request.body.model for attempt in turn.attempts] == [FULL.model, OTHER.body.model]
    turn.feed(STARTED, delta("Yes."), completed(message("Yes.")))
    assert turn.text == "Yes."


@pytest.mark.parametrize("problem", [NO_MONEY, NO_KEY])
def test_without_a_fallback_model_nothing_is_sent_again(problem):
    turn = Turn(plan())
    turn.feed(refused(problem))
    assert len(turn.attempts) == 1


def test_openrouters_own_credits_are_those_of_every_model():
    turn = Turn(plan(fallback=OTHER))
    turn.feed(refused(UpstreamProblem(402, "", "Insufficient credits.")))
    assert (turn.fault, len(turn.attempts)) == ("CREDITS", 1)


@pytest.mark.parametrize("text", ["Content Exists Risk", "Output data may contain inappropriate content."])
def test_what_moderation_refuses_is_sent_once(text):
    turn = Turn(plan(fallback=OTHER))
    turn.feed(refused(UpstreamProblem(400, "invalid_request_error", text)))
    assert (turn.fault, len(turn.attempts)) == ("MODERATED", 1)


def test_a_prompt_that_costs_more_than_is_left_is_shortened():
    turn = rounds(Turn(fitting_plan(None)), 8)
    before = len(turn.attempts)
    turn.feed(refused(UpstreamProblem(402, "payment_required", PROMPT_COSTS.format("16000", "14000"))))
    assert len(turn.attempts) == before + 1
    assert [size < WHOLE for size in outputs(turn)] == [True] * 3 + [False] * 5
    turn.feed(refused(UpstreamProblem(402, "payment_required", PROMPT_COSTS.format("13000", "9000"))))
    assert (turn.fault, len(turn.attempts)) == ("CREDITS", before + 1)


def test_a_prompt_that_costs_too_much_and_holds_no_results_ends_the_turn():
    turn = Turn(plan())
    turn.feed(refused(UpstreamProblem(402, "payment_required", PROMPT_COSTS.format("230799", "91442"))))
    assert (turn.fault, len(turn.attempts)) == ("CREDITS", 1)


def test_a_stated_wait_beyond_what_a_turn_waits_ends_it_with_the_time():
    turn = Turn(plan())
    turn.feed(refused(UpstreamProblem(429, "rate_limit_exceeded", "Please retry in 58s.", retry_after=58.0)))
    assert (turn.fault, len(turn.attempts)) == ("RATE_LIMITED", 1)
    assert turn.end.fault is not None
    assert turn.end.fault.retry_after == 58.0
