"""Order, time limits and room in a round of calls, and what the model reads of each output."""

from dataclasses import replace

import pytest

from domain.tools.plan import CallLimits, Reader
from domain.tools.replies import SILENT
from domain.turn.events import CallBegan, CallFinished, TimerFired
from domain.turn.machine import TurnPlan
from domain.turn.steps import CancelCall, ClearTimer, Reason, SetTimer, ShowCallResult
from ports.toolbox import ToolResult
from tests.domain.turn.talk import REQUEST, Turn, call, completed, delta, done, message

LIMITS = CallLimits(parallel=3, seconds=60.0, round_seconds=100.0, still_seconds=30.0)
PLAN = TurnPlan(REQUEST, runnable=frozenset({"look", "send"}), call_limits=LIMITS)


def round_of(*calls, plan=PLAN):
    turn = Turn(plan)
    turn.feed(*done(*calls), completed())
    return turn


def finished(call_id, text="found", **more):
    return CallFinished(call_id, ToolResult(text, **more))


def texts(turn):
    return {step.call.call_id: step.result.text for step in turn.all(ShowCallResult)}


# --- order ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", ['{"depends_on": "x"}', '{"_depends_on": 1}', '{"sequential": true}', '{"no_batch": 1}']
)
def test_a_call_that_asks_for_order_runs_alone(arguments):
    turn = round_of(call("c1"), call("c2", arguments=arguments), call("c3"))
    assert turn.started == ["c1"]
    turn.feed(finished("c1"))
    assert turn.started == ["c1", "c2"]
    turn.feed(finished("c2"))
    assert turn.started == ["c1", "c2", "c3"]


@pytest.mark.parametrize(
    "arguments", ['{"sequential": false}', '{"depends_on": null}', '{"no_batch": ""}', '{"q": "sequential"}']
)
def test_an_empty_hint_changes_nothing(arguments):
    assert round_of(call("c1"), call("c2", arguments=arguments)).started == ["c1", "c2"]


def test_a_tool_that_never_runs_beside_others_runs_alone():
    turn = round_of(call("c1"), call("c2", "send"), call("c3"), plan=replace(PLAN, sequential=frozenset({"send"})))
    assert turn.started == ["c1"]
    turn.feed(finished("c1"))
    turn.feed(finished("c2"))
    assert turn.started == ["c1", "c2", "c3"]


def test_a_call_that_names_another_runs_after_it_and_other_calls_run_first():
    turn = round_of(call("c1"), call("c2", arguments='{"depends_on": ["c1"]}'), call("c3"))
    assert turn.started == ["c1", "c3"]
    turn.feed(finished("c1", failed=True))
    assert turn.started == ["c1", "c3", "c2"]


def test_a_call_may_name_one_that_comes_later():
    turn = round_of(call("c1", arguments='{"text": "see c2."}'), call("c2"))
    assert turn.started == ["c2"]
    turn.feed(finished("c2"))
    assert turn.started == ["c2", "c1"]


def test_an_id_inside_a_longer_word_does_not_name_a_call():
    assert round_of(call("c1"), call("c2", arguments='{"q": "c10, xc1 and c1-a"}')).started == ["c1", "c2"]


def test_calls_that_name_each_other_run_one_after_the_other():
    turn = round_of(call("c1", arguments='{"q": "c2"}'), call("c2", arguments='{"q": "c1"}'))
    assert turn.started == ["c1"]
    turn.feed(finished("c1"))
    assert turn.started == ["c1", "c2"]


# --- ids ------------------------------------------------------------------------------------------------------


def test_two_calls_of_one_id_are_two_calls():
    turn = round_of(call("c1", item_id="f1"), call("c1", arguments='{"q": 2}', item_id="f2"))
    assert turn.started == ["c1", "c1_2"]
    turn.feed(finished("c1_2", "two"), finished("c1", "one"))
    sent = turn.attempts[-1].request.body.input[1:]
    assert [(item["call_id"], item.get("output", item.get("arguments"))) for item in sent] == [
        ("c1", '{"q": 1}'),
        ("c1_2", '{"q": 2}'),
        ("c1", "one"),
        ("c1_2", "two"),
    ]


def test_an_id_of_an_earlier_round_stands_for_another_call():
    turn = round_of(call("c1"))
    turn.feed(finished("c1"))
    turn.feed(*done(call("c1")), completed())
    assert turn.started == ["c1", "c1_2"]


def test_ten_thousand_calls_in_one_round_are_all_answered():
    turn = round_of(*(call(f"call_{number}") for number in range(10_000)))
    assert len(turn.started) == 3
    for number in range(50):
        turn.feed(finished(f"call_{number}"))
    assert [len(turn.started), len(texts(turn)), len(turn.attempts)] == [50, 10_000, 2]


# --- time -----------------------------------------------------------------------------------------------------


def test_a_round_ends_when_its_time_is_up_and_keeps_what_was_finished():
    turn = round_of(*(call(f"c{number}") for number in range(1, 6)))
    turn.feed(CallBegan("c1"), CallBegan("c2"), finished("c1"))
    assert SetTimer("calls:round", 100.0) in turn.steps
    turn.feed(TimerFired("calls:round"), after=100.0)
    assert texts(turn) == {
        "c1": "found",
        "c2": "Error: the tool was stopped before it finished: the 100 s of this round are over.",
        "c3": "Not run: the 100 s of this round are over. Call it again if it is still needed.",
        "c4": "Not run: the 100 s of this round are over. Call it again if it is still needed.",
        "c5": "Not run: the 100 s of this round are over. Call it again if it is still needed.",
    }
    assert turn.all(CancelCall) == [CancelCall("c2", overdue=True), CancelCall("c3"), CancelCall("c4")]
    assert len(turn.attempts) == 2


def test_a_round_has_at_least_the_time_of_one_call():
    turn = round_of(call("c1"), plan=replace(PLAN, call_limits=replace(LIMITS, seconds=300.0)))
    assert SetTimer("calls:round", 300.0) in turn.steps


def test_a_round_ends_when_no_call_begins_or_ends_in_time():
    turn = round_of(call("c1"), call("c2"))
    turn.feed(CallBegan("c1"), after=10.0)
    assert turn.feed(TimerFired("calls:still"), after=20.0) == [SetTimer("calls:still", 40.0)]
    turn.feed(TimerFired("calls:still"), after=10.0)
    assert "nothing moved for 30 s" in texts(turn)["c1"]
    assert texts(turn)["c2"].startswith("Not run")


def test_the_timers_of_a_round_end_with_it():
    turn = round_of(call("c1"))
    steps = turn.feed(finished("c1"))
    assert {ClearTimer("call:c1"), ClearTimer("calls:round"), ClearTimer("calls:still")} <= {
        step for step in steps if isinstance(step, ClearTimer)
    }


def test_a_call_begins_once():
    turn = round_of(call("c1"))
    turn.feed(CallBegan("c1"))
    assert turn.feed(CallBegan("c1"), CallBegan("other")) == []


# --- what the model reads -------------------------------------------------------------------------------------


def outputs(turn):
    return [item["output"] for item in turn.attempts[-1].request.body.input if item["type"] == "function_call_output"]


def test_an_output_without_room_becomes_a_stub_that_names_its_size():
    turn = round_of(call("c1"), call("c2"), plan=replace(PLAN, reader=Reader(5000)))
    turn.feed(finished("c1", "x" * 3000), finished("c2", "y" * 3000))
    kept, left_out = outputs(turn)
    assert (kept, "3,000 characters" in left_out) == ("x" * 3000, True)
    assert turn.all(ShowCallResult)[1].result.failed


def test_outputs_of_earlier_rounds_count_against_the_room():
    turn = round_of(call("c1"), plan=replace(PLAN, reader=Reader(5000)))
    turn.feed(finished("c1", "x" * 3000))
    turn.feed(*done(call("c2")), completed())
    turn.feed(finished("c2", "y" * 3000))
    assert "3,000 characters" in outputs(turn)[1]


def test_images_of_a_result_are_sent_to_a_model_that_sees_images():
    turn = round_of(call("c1"), plan=replace(PLAN, reader=Reader(sees_images=True)))
    turn.feed(finished("c1", "", images=("https://a.example/a.png",)))
    assert outputs(turn) == [[{"type": "input_image", "image_url": "https://a.example/a.png", "detail": "auto"}]]


# --- silence --------------------------------------------------------------------------------------------------


def test_an_empty_answer_after_tools_is_reported_in_a_sentence():
    turn = round_of(call("c1"))
    turn.feed(finished("c1"))
    turn.feed(completed())
    assert (turn.text, turn.end.reason) == (SILENT, Reason.STOP)
    assert turn.kept[-1] == {"type": "message", "role": "assistant", "content": SILENT}


def test_an_empty_answer_after_tools_is_reported_although_text_came_before():
    turn = round_of(message("I look"), call("c1"))
    turn.feed(finished("c1"))
    turn.feed(completed())
    assert turn.text == f"I look|{SILENT}"


def test_an_empty_answer_after_tools_that_all_failed_is_a_fault():
    turn = round_of(call("c1"))
    turn.feed(finished("c1", failed=True))
    turn.feed(completed())
    assert turn.fault == "EMPTY"


def test_an_answer_after_tools_needs_no_sentence():
    turn = round_of(call("c1"))
    turn.feed(finished("c1"))
    turn.feed(delta("Found"), completed())
    assert turn.text == "Found"
