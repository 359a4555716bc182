"""Properties of every turn, for any events in any order."""

from collections.abc import Sequence
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tools.plan import CallLimits
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, TurnEvent
from domain.turn.machine import Phase, TurnMachine, TurnPlan
from domain.turn.merge import merged
from domain.turn.server_tools import Progress, ServerToolReport
from domain.turn.steps import (
    AttemptEnded,
    CallUpstream,
    CancelCall,
    ClearTimer,
    Ended,
    Finish,
    Reason,
    ShowCallResult,
    ShowImage,
    ShowReasoning,
    ShowServerTool,
    ShowText,
    StartCall,
    Step,
)
from ports.response_events import ArgumentsDelta, ItemAdded, ReasoningDelta, StreamClosed, TextDone
from ports.responses import Reach, Unreachable
from ports.toolbox import ToolResult
from tests.domain.turn.random_turns import BATCHES, PLANS, POOLS, STATES, Batches
from tests.domain.turn.talk import COST, REQUEST, STARTED, call, completed, delta, done, message, thought
from tests.examples import examples, some_of

QUICK = examples(50)
RECORDED: list[TurnEvent] = [
    STARTED,
    ItemAdded(0, {**thought(), "status": "in_progress"}),
    ReasoningDelta(0, "rs_1", 0, "Compar", raw=False),
    ReasoningDelta(0, "rs_1", 0, "ing", raw=False),
    *done(thought("Comparing")),
    ItemAdded(1, message()),
    delta("Two ", 1),
    delta("bugs", 1),
    TextDone(1, "msg_1", 0, "Two bugs"),
    *done(thought("Comparing"), message("Two bugs")),
    ItemAdded(2, call(arguments="")),
    ArgumentsDelta(2, "fc_call_1", '{"q": 1}'),
    *done(thought("Comparing"), message("Two bugs"), call()),
    completed(usage=COST),
]


def played(plan: TurnPlan, batches: Batches, *last: TurnEvent) -> tuple[TurnMachine, list[Step]]:
    """Feed all batches and then the last event, at increasing times."""
    machine, now = TurnMachine(plan), 0.0
    steps: list[Step] = []
    for events, wait in batches:
        now += wait
        steps += machine.feed_all(events, now)
    for event in last:
        steps += machine.feed(event, now)
    return machine, steps


def ended_by_closing(machine: TurnMachine, steps: list[Step]) -> list[Step]:
    """Close every stream and finish every call until the turn ends; it must end soon."""
    for _ in range(30):
        if machine.ended:
            return steps
        running = [step.call.call_id for step in steps if isinstance(step, StartCall)]
        events: list[TurnEvent] = [
            Begun(),
            StreamClosed(said_done=True),
            *(CallFinished(call_id, ToolResult("")) for call_id in running),
        ]
        steps = steps + machine.feed_all(events, 0.0)
    raise AssertionError("the turn did not end")


def count(steps: Sequence[Step], kind: type) -> int:
    return sum(isinstance(step, kind) for step in steps)


@pytest.mark.parametrize("state", STATES)
def test_every_event_in_every_state_leaves_exactly_one_end(state):
    plan = TurnPlan(REQUEST, runnable=frozenset({"look"}), call_limits=CallLimits(parallel=2), max_rounds=2)
    for event in some_of(chain.from_iterable(POOLS)):
        _, steps = played(plan, STATES[state], event, Cancelled())
        assert count(steps, Finish) == 1, event


@QUICK
@given(PLANS, BATCHES)
def test_a_stop_ends_every_turn_exactly_once(plan, batches):
    machine, steps = played(plan, batches, Cancelled())
    finish = next(step for step in steps if isinstance(step, Finish))
    told = 0 if finish.end.reason is Reason.CANCELLED else 1
    assert (machine.ended, count(steps, Finish), count(steps, Ended)) == (True, 1, told)
    assert steps[-1] is finish


@QUICK
@given(PLANS, BATCHES)
def test_a_closed_stream_ends_every_turn_exactly_once(plan, batches):
    machine, steps = played(plan, batches)
    steps = ended_by_closing(machine, steps)
    assert count(steps, Finish) == 1
    assert isinstance(steps[-1], Finish)
    assert (steps[-1].end.fault is not None) is (steps[-1].end.reason is Reason.FAULT)


@QUICK
@given(PLANS, BATCHES)
def test_nothing_is_shown_after_the_end(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    ends = [position for position, step in enumerate(steps) if isinstance(step, Ended)]
    assert all(position == len(steps) - 2 for position in ends)


@QUICK
@given(PLANS, BATCHES)
def test_a_use_of_a_server_tool_has_one_end_and_no_report_twice(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    last: dict[int, ServerToolReport] = {}
    for step in steps:
        if isinstance(step, ShowServerTool):
            before = last.get(step.segment)
            assert before is None or (before.progress is Progress.RUNNING and before != step.report)
            last[step.segment] = step.report


@QUICK
@given(PLANS, BATCHES)
def test_no_picture_is_shown_twice(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    pictures = [(step.segment, step.url) for step in steps if isinstance(step, ShowImage)]
    assert len(pictures) == len(set(pictures))


@QUICK
@given(PLANS, BATCHES)
def test_the_same_events_at_the_same_times_give_the_same_steps(plan, batches):
    assert played(plan, batches)[1] == played(plan, batches)[1]


@QUICK
@given(PLANS, BATCHES)
def test_every_attempt_is_booked_exactly_once(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    open_attempts = 0
    for step in steps:
        open_attempts += isinstance(step, CallUpstream) - isinstance(step, AttemptEnded)
        assert open_attempts in (0, 1)
    assert open_attempts == 0


@QUICK
@given(PLANS, BATCHES)
def test_every_call_that_starts_gets_one_result_and_few_run_at_once(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    running: set[str] = set()
    for step in steps:
        if isinstance(step, StartCall):
            assert step.call.call_id not in running
            running.add(step.call.call_id)
        elif isinstance(step, ShowCallResult):
            running.discard(step.call.call_id)
        assert len(running) <= plan.call_limits.parallel
    assert not running


@QUICK
@given(PLANS, BATCHES)
def test_every_body_answers_each_of_its_calls_in_order(plan, batches):
    _, steps = played(plan, batches, Cancelled())
    for step in steps:
        if isinstance(step, CallUpstream):
            items = [item for item in step.request.body.input if item["type"].startswith("function_call")]
            calls = [item["call_id"] for item in items if item["type"] == "function_call"]
            assert [item["call_id"] for item in items if item["type"] == "function_call_output"] == calls


@QUICK
@given(PLANS, BATCHES)
def test_nothing_is_sent_again_after_something_of_its_round_was_shown(plan, batches):
    """A request after calls begins another round, of which nothing was shown yet."""
    _, steps = played(plan, batches)
    shown = called = False
    for step in steps:
        if isinstance(step, CallUpstream):
            assert called or not shown
            shown = called = False
        shown = shown or isinstance(step, ShowText | ShowReasoning)
        called = called or isinstance(step, StartCall | ShowCallResult)


@QUICK
@given(
    st.integers(0, len(RECORDED)),
    st.sampled_from(
        [StreamClosed(said_done=False), Cancelled(), AttemptFailed(Unreachable("reset", reach=Reach.STREAMING))]
    ),
    st.booleans(),
)
def test_a_recorded_stream_cut_anywhere_ends_exactly_once(cut, last, runnable):
    plan = TurnPlan(REQUEST, runnable=frozenset({"look"} if runnable else ()))
    machine, steps = played(plan, [([Begun()], 0.0), (RECORDED[:cut], 1.0)], last)
    if machine.phase is Phase.TOOLS:
        steps += machine.feed(Cancelled(), 1.0)
    assert count(steps, Finish) == 1
    assert "Two bugs".startswith("".join(step.text for step in steps if isinstance(step, ShowText)))


@QUICK
@given(
    st.lists(
        st.one_of(
            st.builds(ShowText, st.integers(0, 1), st.sampled_from(["a", "bc"])),
            st.builds(ShowReasoning, st.integers(0, 1), st.sampled_from(["a", "bc"])),
            st.sampled_from([ClearTimer("x"), CancelCall("y")]),
        ),
        max_size=12,
    )
)
def test_joining_pieces_changes_neither_text_nor_order(steps):
    joined = merged(list(steps))
    assert letters(joined) == letters(steps)
    assert not any(adjacent(one, two) for one, two in pairwise(joined))


def letters(steps: Sequence[Step]) -> list[object]:
    """Every character with its kind and segment; all other steps unchanged."""
    found: list[object] = []
    for step in steps:
        if isinstance(step, ShowText | ShowReasoning):
            found += [(type(step), step.segment, letter) for letter in step.text]
        else:
            found.append(step)
    return found


def adjacent(one: Step, two: Step) -> bool:
    pieces = (ShowText, ShowReasoning)
    return isinstance(one, pieces) and type(one) is type(two) and one.segment == getattr(two, "segment", None)
