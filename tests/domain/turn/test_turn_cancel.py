"""A stop, in every phase: one silent end, everything that runs is stopped and booked."""

from domain.turn.calls import CallLimits
from domain.turn.events import AttemptFailed, Begun, CallFinished, Cancelled, Crashed
from domain.turn.machine import TurnPlan
from domain.turn.steps import CancelCall, Ended, Persist, Reason, ShowCallResult
from ports.responses import Reach, Unreachable
from ports.toolbox import ToolResult
from tests.domain.turn.talk import BODY, COST, STARTED, Turn, call, completed, delta, done, message

TOOLS = TurnPlan(BODY, runnable=frozenset({"look"}), call_limits=CallLimits(parallel=1))


def test_a_turn_stopped_before_it_began_was_never_sent():
    turn = Turn(begun=False)
    turn.feed(Cancelled())
    assert (turn.end.reason, turn.records, turn.end.attempts) == (Reason.CANCELLED, [], 0)


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
    assert (turn.end.reason, len(turn.records), turn.end.timing.total) == (Reason.CANCELLED, 1, 2.0)


def test_a_stop_in_the_answer_keeps_what_was_finished():
    turn = Turn()
    turn.feed(STARTED, *done(message("One")), delta("half", index=1, item_id="msg_2"))
    turn.feed(Cancelled())
    assert turn.all(Persist) == [Persist("maker/answering", (message("One"),))]
    assert turn.end.unbilled_characters == 7


def test_a_stop_is_not_told_to_a_reader_who_is_gone():
    turn = Turn()
    turn.feed(delta("half"))
    turn.feed(Cancelled())
    assert turn.all(Ended) == []


def test_a_stop_between_two_attempts_books_both():
    turn = Turn()
    turn.feed(AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT)))
    turn.feed(Cancelled())
    assert (turn.end.attempts, len(turn.records)) == (2, 2)


def test_a_stop_while_tools_run_stops_them_and_answers_every_call():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a"), call("b")), completed(usage=COST))
    turn.feed(Cancelled())
    assert turn.all(CancelCall) == [CancelCall("a")]
    assert [result.call.call_id for result in turn.all(ShowCallResult)] == ["a", "b"]
    assert (turn.end.usage, len(turn.records)) == (COST, 1)


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
    assert [kept.items for kept in turn.all(Persist)] == [(call("a"),)]


def test_a_round_is_kept_once_when_the_turn_stops_while_its_tools_run():
    turn = Turn(TOOLS)
    turn.feed(*done(call("a")), completed())
    turn.feed(Cancelled())
    assert len(turn.all(Persist)) == 1


def test_a_stop_after_the_end_changes_nothing():
    turn = Turn()
    turn.feed(delta("a"), completed())
    assert turn.feed(Cancelled()) == []
