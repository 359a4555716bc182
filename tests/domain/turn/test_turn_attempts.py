"""Every attempt is announced before it is sent and ends exactly once, whatever happens to the turn."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given

from domain.faults.retry import RetryPolicy
from domain.tools.plan import CallLimits
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, Crashed, TimerFired, TurnEvent
from domain.turn.machine import TurnMachine, TurnPlan
from domain.turn.outcome import Ending
from domain.turn.plan import Alternatives
from domain.turn.steps import AttemptBegan, AttemptEnded, CallUpstream, End, Finish, Step
from domain.usage.accounting import add
from ports.response_events import StreamClosed
from ports.responses import (
    Endpoint,
    EventTooLarge,
    InvalidRoute,
    Reach,
    Refused,
    ResponsesBody,
    TimedOut,
    Unreachable,
    UpstreamRequest,
)
from ports.toolbox import ToolResult
from ports.usage import Usage
from tests.domain.turn.random_turns import BATCHES, PLANS, POOLS, STATES
from tests.domain.turn.talk import (
    BODY,
    COST,
    REQUEST,
    STARTED,
    Turn,
    call,
    completed,
    delta,
    done,
    failed,
    incomplete,
    problem,
    reported,
)
from tests.domain.turn.test_turn_properties import ended_by_closing, played
from tests.examples import examples, some_of

TOOLS = TurnPlan(REQUEST, runnable=frozenset({"look"}))
LOST = Unreachable("reset", reach=Reach.NOT_SENT)


def check(steps: Sequence[Step]) -> None:
    """Fail unless attempts are numbered, announced, sent at most once and ended once, one after another."""
    last, is_open, sent = 0, False, False
    for before, step in pairwise([None, *steps]):
        match step:
            case AttemptBegan(no):
                assert (no, is_open) == (last + 1, False)
                last, is_open, sent = no, True, False
            case CallUpstream(request):
                assert isinstance(before, AttemptBegan)
                assert (before.body is request.body, before.endpoint, sent) == (True, request.endpoint, False)
                sent = True
            case AttemptEnded(no):
                assert (no, is_open) == (last, True)
                is_open = False
    assert not is_open
    (end,) = [step.end for step in steps if isinstance(step, Finish)]
    assert (end.attempts, usage_of(steps)) == (last, end.usage)


def usage_of(steps: Sequence[Step]) -> Usage | None:
    """The usage of all attempts."""
    usage: Usage | None = None
    for step in steps:
        if isinstance(step, AttemptEnded):
            assert step.usage is None or step.unbilled is None
            if step.usage is not None:
                usage = step.usage if usage is None else add(usage, step.usage)
    return usage


# --- whatever happens ---------------------------------------------------------------------------------------

MANY = examples(150)


@MANY
@given(PLANS, BATCHES)
def test_every_attempt_that_began_ends_once_when_the_turn_is_stopped(plan, batches):
    check(played(plan, batches, Cancelled())[1])


@MANY
@given(PLANS, BATCHES)
def test_every_attempt_that_began_ends_once_when_the_driver_crashes(plan, batches):
    check(played(plan, batches, Crashed("the upstream read was cancelled from outside"))[1])


@MANY
@given(PLANS, BATCHES)
def test_every_attempt_that_began_ends_once_when_the_stream_closes(plan, batches):
    machine, steps = played(plan, batches)
    check(ended_by_closing(machine, steps))


@pytest.mark.parametrize("state", STATES)
def test_every_attempt_that_began_ends_once_whatever_happens_in_any_state(state):
    plan = replace(TOOLS, call_limits=CallLimits(parallel=2), max_rounds=2)
    for event in some_of(chain.from_iterable(POOLS)):
        check(played(plan, STATES[state], event, Cancelled())[1])


class Defective(float):
    """A number that raises from its `sound`-th addition on: simulates a defect of ours within a decision."""

    sound = 0

    def __radd__(self, other: float) -> float:
        if self.sound <= 0:
            raise ArithmeticError("defect")
        self.sound -= 1
        return other + float(self)


@pytest.mark.parametrize("sound", range(4))
def test_every_attempt_that_began_ends_once_when_the_machine_itself_fails(sound):
    number = Defective(600.0)
    number.sound = sound
    machine = TurnMachine(replace(TOOLS, idle_seconds=number))
    steps: list[Step] = []
    batches: list[list[TurnEvent]] = [
        [Begun()],
        [AttemptFailed(LOST)],
        [STARTED, *done(call()), completed(usage=COST)],
        [CallFinished("call_1", ToolResult("found"))],
        [delta("a"), completed(usage=COST)],
    ]
    for batch in batches:
        try:
            steps += machine.feed_all(batch, 1.0)
        except ArithmeticError as defect:
            steps += machine.feed(Crashed(str(defect)), 1.0)
    check(steps)
    assert len([step for step in steps if isinstance(step, AttemptEnded)]) == min(sound + 1, 3)


# --- how it ended, and how far it got -----------------------------------------------------------------------

HOW = {
    "whole": ([delta("a"), completed(usage=COST)], Ending.COMPLETED, Reach.STREAMING),
    "cut at the limit": ([delta("a"), incomplete("max_output_tokens")], Ending.CUT_SHORT, Reach.STREAMING),
    "refused": ([AttemptFailed(Refused(problem(401)))], Ending.REFUSED, Reach.SENT),
    "refused in the stream": ([STARTED, reported(401)], Ending.REFUSED, Reach.STREAMING),
    "failed before it wrote": ([failed(problem(500))], Ending.REFUSED, Reach.STREAMING),
    "failed while it wrote": ([delta("a"), failed(problem(500))], Ending.FAILED, Reach.STREAMING),
    "no address": ([AttemptFailed(InvalidRoute("x"))], Ending.FAILED, Reach.NOT_SENT),
    "no connection": ([AttemptFailed(LOST)], Ending.FAILED, Reach.NOT_SENT),
    "too large": ([delta("a"), AttemptFailed(EventTooLarge(9))], Ending.INTERRUPTED, Reach.STREAMING),
    "no answer in time": ([AttemptFailed(TimedOut("read", 3.0, reach=Reach.SENT))], Ending.TIMED_OUT, Reach.SENT),
    "closed in the answer": ([delta("a"), StreamClosed(said_done=False)], Ending.INTERRUPTED, Reach.STREAMING),
    "closed after a whole answer": ([*done(call()), StreamClosed(said_done=True)], Ending.COMPLETED, Reach.STREAMING),
    "stopped before an answer": ([Cancelled()], Ending.CANCELLED, Reach.SENT),
    "stopped in the answer": ([delta("a"), Cancelled()], Ending.CANCELLED, Reach.STREAMING),
    "a defect": ([delta("a"), Crashed("defect")], Ending.CRASHED, Reach.STREAMING),
}


@pytest.mark.parametrize(("events", "ending", "reach"), HOW.values(), ids=HOW)
def test_an_attempt_reports_how_it_ended_and_how_far_it_got(events, ending, reach):
    turn = Turn(replace(TOOLS, retry=RetryPolicy(extra_attempts=0)))
    turn.feed(*events)
    (ended,) = turn.ended_attempts
    assert (ended.outcome.ending, ended.outcome.reach) == (ending, reach)


def test_an_attempt_without_events_ends_as_timed_out():
    turn = Turn()
    turn.feed(delta("a"))
    turn.feed(TimerFired("idle"), after=600.0)
    assert turn.ended_attempts[0].outcome.ending is Ending.TIMED_OUT


def test_an_attempt_cancelled_before_its_start_was_not_sent():
    turn = Turn()
    turn.feed(AttemptFailed(LOST))
    turn.feed(Cancelled())
    assert [(ended.no, ended.outcome.reach) for ended in turn.ended_attempts] == [
        (1, Reach.NOT_SENT),
        (2, Reach.NOT_SENT),
    ]


# --- which attempts -----------------------------------------------------------------------------------------


def test_a_retry_is_announced_after_the_end_of_the_attempt_before():
    turn = Turn()
    kinds = [type(step) for step in turn.feed(AttemptFailed(LOST))]
    assert [kind for kind in kinds if kind in (AttemptBegan, AttemptEnded, CallUpstream)] == [
        AttemptEnded,
        AttemptBegan,
        CallUpstream,
    ]


def test_a_round_of_tools_leads_to_a_new_attempt():
    turn = Turn(TOOLS)
    turn.feed(*done(call()), completed(usage=COST))
    assert (turn.began, len(turn.ended_attempts)) == ([1], 1)
    turn.feed(CallFinished("call_1", ToolResult("found")))
    assert (turn.began, len(turn.ended_attempts)) == ([1, 2], 1)


def test_the_fallback_model_is_announced_with_its_own_body():
    other = ResponsesBody("maker/other", BODY.input)
    turn = Turn(TurnPlan(REQUEST, alternatives=Alternatives(fallback=lambda: UpstreamRequest(other, Endpoint.CHAT))))
    turn.feed(AttemptFailed(Refused(problem(400, "model_not_found"))))
    began = turn.all(AttemptBegan)[-1]
    assert (began.no, began.body, began.endpoint) == (2, other, Endpoint.CHAT)


def test_calls_handed_over_leave_no_attempt_open():
    turn = Turn()
    turn.feed(*done(call()), completed(usage=COST))
    check(turn.steps)
    assert isinstance(turn.end, End)
