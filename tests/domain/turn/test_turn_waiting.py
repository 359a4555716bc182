"""Timers of a turn: the statuses a waiting person reads, and the idle limit."""

from domain.conversation.left_out import Flaw, LeftOut
from domain.conversation.media_kinds import Medium
from domain.faults.retry import RetryPolicy
from domain.turn.events import CallFinished, TimerFired
from domain.turn.machine import TurnPlan
from domain.turn.statuses import AnswerBegins, MediaLeftOut, StillWaiting
from domain.turn.steps import ClearTimer, SetTimer
from ports.response_events import EventIgnored, StreamClosed
from ports.toolbox import ToolResult
from tests.domain.turn.talk import REQUEST, STARTED, Turn, call, completed, delta, done


def set_timers(turn: Turn) -> dict[str, float]:
    """The timers that are set after all steps so far."""
    timers: dict[str, float] = {}
    for step in turn.steps:
        if isinstance(step, SetTimer):
            timers[step.name] = step.at
        elif isinstance(step, ClearTimer):
            timers.pop(step.name, None)
    return timers


def elapse(turn: Turn, name: str) -> None:
    """Let a timer fire exactly when it is due, and remove it."""
    wait = set_timers(turn)[name] - turn.now
    turn.steps.append(ClearTimer(name))
    turn.feed(TimerFired(name), after=wait)


def test_a_quick_answer_shows_no_status_first():
    turn = Turn()
    turn.feed(delta("a"), completed(), after=0.2)
    assert turn.statuses == []


def test_the_status_line_is_removed_when_the_answer_begins():
    turn = Turn()
    elapse(turn, "waiting")
    turn.feed(delta("a"), after=0.1)
    assert turn.statuses == [StillWaiting(1), AnswerBegins()]


LEFT_OUT = MediaLeftOut((LeftOut(Medium.IMAGE, Flaw.DAMAGED, "bridge.png"),))


def test_what_is_not_sent_is_told_once_before_a_quick_answer_and_at_its_end():
    turn = Turn(TurnPlan(REQUEST, "id", notes=(LEFT_OUT,)))
    turn.feed(delta("a"), completed(), StreamClosed(said_done=True), after=0.2)
    assert turn.statuses == [LEFT_OUT]
    assert turn.end.left_out == LEFT_OUT


def test_what_is_not_sent_is_told_again_after_waiting_lines():
    turn = Turn(TurnPlan(REQUEST, "id", notes=(LEFT_OUT,)))
    elapse(turn, "waiting")
    turn.feed(delta("a"))
    assert turn.statuses == [LEFT_OUT, StillWaiting(1), AnswerBegins(), LEFT_OUT]


def test_waiting_lines_come_at_growing_times_and_end():
    turn = Turn()
    times = []
    while "waiting" in set_timers(turn):
        elapse(turn, "waiting")
        times.append(round(turn.now, 1))
    assert times == [0.3, 1.5, 4.0, 6.0, 7.0]
    assert turn.statuses == [StillWaiting(stage) for stage in range(1, 6)]


def test_waiting_lines_stop_once_something_is_shown():
    turn = Turn()
    turn.feed(delta("a"))
    assert turn.feed(TimerFired("waiting"), after=0.3) == []
    assert "waiting" not in set_timers(turn)


def test_waiting_lines_stop_while_tools_run():
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"})))
    turn.feed(*done(call()), completed())
    assert turn.feed(TimerFired("waiting"), after=0.3) == []


def test_a_silent_upstream_times_out():
    turn = Turn(TurnPlan(REQUEST, idle_seconds=60.0))
    elapse(turn, "idle")
    assert (turn.now, turn.fault) == (60.0, "TIMEOUT")


def test_every_event_restarts_the_idle_limit():
    turn = Turn(TurnPlan(REQUEST, idle_seconds=60.0))
    turn.feed(STARTED, after=20.0)
    turn.feed(EventIgnored("debug"), after=20.0)
    elapse(turn, "idle")
    assert not turn.machine.ended
    assert set_timers(turn)["idle"] == 100.0


def test_text_is_kept_if_upstream_times_out_after_it():
    turn = Turn(TurnPlan(REQUEST, idle_seconds=60.0))
    turn.feed(delta("half"), after=10.0)
    elapse(turn, "idle")
    elapse(turn, "idle")
    assert (turn.text, turn.fault) == ("half", "TIMEOUT")


def test_the_idle_limit_of_a_retry_starts_with_the_retry():
    turn = Turn(TurnPlan(REQUEST, idle_seconds=60.0, retry=RetryPolicy(uncertain_allowed=True)))
    elapse(turn, "idle")
    assert set_timers(turn)["idle"] == 60.0 + 0.5 + 60.0


def test_the_idle_limit_does_not_apply_while_tools_run():
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"}), idle_seconds=60.0))
    turn.feed(*done(call()), completed())
    assert "idle" not in set_timers(turn)
    assert turn.feed(TimerFired("idle"), after=60.0) == []


def test_a_finished_call_needs_no_timer():
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"})))
    turn.feed(*done(call()), completed())
    turn.feed(CallFinished("call_1", ToolResult("found")))
    assert "call:call_1" not in set_timers(turn)


def test_an_unknown_timer_changes_nothing():
    turn = Turn()
    assert turn.feed(TimerFired("other"), TimerFired("call:none")) == []


def test_no_timer_is_left_at_the_end():
    turn = Turn()
    turn.feed(delta("a"), completed())
    assert set_timers(turn) == {}
