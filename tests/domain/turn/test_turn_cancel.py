"""Cancelling a turn in every phase: one silent end; everything that runs is cancelled and booked."""

from domain.tools.plan import CallLimits
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, Crashed
from domain.turn.machine import TurnPlan
from domain.turn.steps import CancelCall, Ended, Persist, Reason, ShowCallResult
from ports.response_events import ReasoningDelta
from ports.responses import Reach, Unreachable
from ports.toolbox import ToolResult
from tests.domain.turn.talk import COST, REQUEST, STARTED, Turn, call, completed, delta, done, message, thought

TOOLS = TurnPlan(REQUEST, runnable=frozenset({"look"}), call_limits=CallLimits(parallel=1))


def test_a_turn_stopped_before_it_began_was_never_sent():
    turn = Turn(begun=False)
    turn.feed(Cancelled())
    assert (turn.end.reason, turn.ended_attempts, turn.end.attempts) == (Reason.CANCELLED, [], 0)


def test_a_turn_does_not_begin_after_its_stop():
    turn = Turn(begun=False)
    turn.feed(Cancelled())
    assert turn.feed(Begun()) == []


def test_a_turn_begins_once():
    turn = Turn()
    assert turn.feed(Begun()) == []


def test_a_stop_while_waiting_for_upstream_books_the_call():
    turn = Turn()
    turn.feed(Cancelled(), after=2.0)
    assert (turn.end.reason, len(turn.ended_attempts), turn.end.timing.total) == (Reason.CANCELLED, 1, 2.0)


def test_a_stop_in_the_answer_keeps_what_was_shown():
    turn = Turn()
    turn.feed(STARTED, *done(message("One")), delta("half", index=1, item_id="msg_2"))
    turn.feed(Cancelled())
    assert turn.kept == [message("One"), {"type": "message", "role": "assistant", "content": "half"}]
    assert turn.all(Persist)[0].model == "maker/answering"
    assert turn.unbilled == 7


def test_a_reader_who_has_left_gets_no_end():
    turn = Turn()
    turn.feed(delta("half"))
    turn.feed(Cancelled())
    assert turn.all(Ended) == []


def test_a_stop_between_two_attempts_books_both():
    turn = Turn()
    turn.feed(AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT)))
    turn.feed(Cancelled())
    assert (turn.end.attempts, len(turn.ended_attempts)) == (2, 2)


def test_a_stop_while_tools_run_stops_them_and_answers_every_call():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a"), call("b")), completed(usage=COST))
    turn.feed(Cancelled())
    assert turn.all(CancelCall) == [CancelCall("a")]
    assert [result.call.call_id for result in turn.all(ShowCallResult)] == ["a", "b"]
    assert (turn.end.usage, len(turn.ended_attempts)) == (COST, 1)


def test_a_defect_while_tools_run_stops_them_and_answers_every_call():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a")), completed())
    turn.feed(Crashed("KeyError"))
    assert turn.all(CancelCall) == [CancelCall("a")]
    assert (len(turn.all(ShowCallResult)), turn.fault) == (1, "INTERNAL")


def test_a_round_is_kept_once_when_the_turn_stops_in_the_next():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a")), completed())
    turn.feed(CallFinished("a", ToolResult("found")))
    turn.feed(Cancelled())
    assert [item["type"] for item in turn.kept] == ["function_call", "function_call_output"]


def test_a_round_is_kept_once_when_the_turn_stops_while_its_tools_run():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(CallFinished("a", ToolResult("found")))
    turn.feed(Cancelled())
    assert [item["call_id"] for item in turn.kept] == ["a", "b", "a", "b"]
    assert [item["output"] for item in turn.kept[2:]] == ["found", "Not completed: the turn was stopped."]


def test_thinking_that_was_not_finished_when_the_turn_stopped_is_not_kept_nor_what_came_before_it():
    turn = Turn()
    turn.feed(STARTED, *done(thought("Hm")), delta("So", index=1), ReasoningDelta(2, "rs_2", 0, "More", raw=False))
    turn.feed(Cancelled())
    assert [item["type"] for item in turn.kept] == ["message"]


def test_reasoning_without_output_when_the_turn_stopped_is_not_kept():
    turn = Turn()
    turn.feed(STARTED, *done(thought("Hm")))
    turn.feed(Cancelled())
    assert turn.kept == []


def test_finished_thinking_is_kept_with_the_text_that_was_cut_off():
    turn = Turn()
    turn.feed(STARTED, *done(thought("Hm")), delta("Half", index=1))
    turn.feed(Cancelled())
    assert [item["type"] for item in turn.kept] == ["reasoning", "message"]


def test_a_stop_after_the_end_changes_nothing():
    turn = Turn()
    turn.feed(delta("a"), completed())
    assert turn.feed(Cancelled()) == []
