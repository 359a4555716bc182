"""How a turn ends: with something shown, or with one named fault."""

import pytest

from domain.faults.causes import Received
from domain.turn.events import AttemptFailed, Crashed
from domain.turn.steps import Ended, Finish, Reason
from ports.response_events import ItemAdded, StreamClosed
from ports.responses import EventTooLarge, InvalidRoute, Reach, ResponsesError, Unreachable, Unreadable
from tests.domain.turn.talk import (
    COST,
    ERROR_ID,
    STARTED,
    Turn,
    call,
    completed,
    delta,
    done,
    failed,
    incomplete,
    message,
    problem,
    reported,
    thought,
)

CLOSED = StreamClosed(said_done=False)
DONE = StreamClosed(said_done=True)


def test_an_answer_cut_at_the_output_limit_ends_with_length():
    turn = Turn()
    turn.feed(delta("half a"), incomplete("max_output_tokens", COST))
    assert (turn.text, turn.end.reason, turn.end.fault) == ("half a", Reason.LENGTH, None)


def test_an_answer_cut_by_the_filter_ends_with_content_filter():
    turn = Turn()
    turn.feed(delta("half a"), incomplete("content_filter"))
    assert (turn.end.reason, turn.end.fault) == (Reason.CONTENT_FILTER, None)


def test_an_output_limit_used_up_before_any_text_is_a_fault():
    turn = Turn()
    turn.feed(*done(thought("Hm")), incomplete("max_output_tokens"))
    assert turn.fault == "CUT_SHORT"


def test_a_filter_that_left_no_text_is_a_fault():
    turn = Turn()
    turn.feed(incomplete("content_filter"))
    assert turn.fault == "MODERATED"


def test_an_answer_cut_short_runs_no_call():
    turn = Turn()
    turn.feed(delta("I look"), ItemAdded(1, call(arguments="")), incomplete("max_output_tokens"))
    assert (turn.started, turn.end.reason) == ([], Reason.LENGTH)


@pytest.mark.parametrize(
    "events",
    [
        (completed(),),
        (STARTED, completed()),
        (*done(message("")), completed(message(""))),
        (delta(" \n"), completed()),
        (*done(thought()), completed()),
    ],
    ids=["nothing", "started", "empty text", "white space", "thinking"],
)
def test_an_answer_with_nothing_in_it_is_a_fault(events):
    turn = Turn()
    turn.feed(*events)
    assert turn.fault == "EMPTY"


def test_an_error_after_text_keeps_the_text_and_is_named():
    turn = Turn()
    turn.feed(delta("half"))
    turn.feed(reported(502, "provider_unavailable", provider="Maker"))
    assert (turn.text, turn.fault, turn.end.shown) == ("half", "SERVER", True)
    assert turn.end.fault.detail == "words of upstream"


def test_a_failed_response_is_named_by_its_error():
    turn = Turn()
    turn.feed(STARTED, delta("half"), failed(problem(None, "rate_limit_exceeded"), COST))
    assert (turn.fault, turn.end.usage) == ("RATE_LIMITED", COST)


def test_a_failed_response_without_an_error_is_the_providers_failure():
    turn = Turn()
    turn.feed(delta("half"), failed())
    assert turn.fault == "SERVER"


def test_every_end_carries_the_id_of_the_turn():
    turn = Turn()
    turn.feed(AttemptFailed(InvalidRoute("no host")))
    assert (turn.fault, turn.end.error_id) == ("BAD_ROUTE", ERROR_ID)


def test_a_fault_leaves_no_second_end():
    turn = Turn()
    turn.feed(delta("a"), reported(500), reported(500), completed(), CLOSED)
    assert [len(turn.all(kind)) for kind in (Ended, Finish)] == [1, 1]


@pytest.mark.parametrize("closed", [CLOSED, DONE], ids=["end of stream", "said done"])
def test_a_stream_without_terminal_event_is_complete_when_every_item_is(closed):
    turn = Turn()
    turn.feed(STARTED, delta("Two bugs"), *done(message("Two bugs")), closed)
    assert (turn.text, turn.end.reason, turn.end.usage) == ("Two bugs", Reason.STOP, None)


def test_a_stream_without_terminal_event_hands_over_finished_calls():
    turn = Turn()
    turn.feed(STARTED, *done(call()), CLOSED)
    assert turn.end.reason is Reason.TOOL_CALLS


def test_a_stream_that_ends_within_an_item_is_interrupted():
    turn = Turn()
    turn.feed(delta("half"), CLOSED)
    assert (turn.text, turn.fault, turn.end.fault.cause) == ("half", "INTERRUPTED", None)


def test_a_stream_that_ends_after_thinking_is_interrupted():
    turn = Turn()
    turn.feed(*done(thought("Hm")), DONE)
    assert turn.fault == "INTERRUPTED"


def test_a_stream_that_ends_at_once_is_interrupted():
    turn = Turn()
    turn.feed(CLOSED)
    assert (turn.fault, turn.end.fault.cause, turn.end.shown) == ("INTERRUPTED", Received.NOTHING, False)


def test_a_terminal_event_without_its_blank_line_counts():
    turn = Turn()
    turn.feed(delta("Two"), StreamClosed(said_done=False, rest=b"data: {}", unfinished=(completed(usage=COST),)))
    assert (turn.end.reason, turn.end.usage) == (Reason.STOP, COST)


def test_a_last_item_without_its_blank_line_counts():
    turn = Turn()
    turn.feed(
        delta("Two"), StreamClosed(said_done=False, rest=b"data: {}", unfinished=tuple(done(message("Two bugs"))))
    )
    assert (turn.text, turn.end.reason) == ("Two bugs", Reason.STOP)


def test_an_error_without_its_blank_line_names_the_fault():
    turn = Turn()
    turn.feed(delta("half"), StreamClosed(said_done=False, rest=b"data: {}", unfinished=(reported(503),)))
    assert turn.fault == "OVERLOADED"


def test_half_an_event_at_the_end_is_ignored():
    turn = Turn()
    turn.feed(delta("half"), StreamClosed(said_done=False, rest=b'data: {"type": "resp'))
    assert turn.fault == "INTERRUPTED"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EventTooLarge(1000), "EVENT_TOO_LARGE"),
        (Unreachable("connection reset", reach=Reach.STREAMING), "INTERRUPTED"),
        (ResponsesError("gone", reach=Reach.STREAMING), "INTERRUPTED"),
    ],
)
def test_a_stream_that_breaks_after_text_keeps_it_and_names_the_cause(error, kind):
    turn = Turn()
    turn.feed(delta("half"), AttemptFailed(error))
    assert (turn.text, turn.fault) == ("half", kind)


def test_an_answer_that_is_not_a_response_is_a_fault():
    turn = Turn()
    turn.feed(AttemptFailed(Unreadable("text/html")))
    assert turn.fault == "UNREADABLE"


def test_a_defect_ends_the_turn_as_internal_fault():
    turn = Turn()
    turn.feed(delta("half"), Crashed("KeyError: 'x'"))
    assert (turn.text, turn.fault, turn.end.fault.detail) == ("half", "INTERNAL", "KeyError: 'x'")


def test_what_was_finished_before_a_fault_is_kept():
    turn = Turn()
    turn.feed(*done(message("One")), reported(500))
    assert turn.kept == [message("One")]


def test_durations_are_measured_from_the_beginning_to_the_end_and_to_the_last_text():
    turn = Turn()
    turn.feed(delta("a"), after=1.0)
    turn.feed(delta("b"), after=1.0)
    turn.feed(completed(), after=0.5)
    assert (turn.end.timing.total, turn.end.timing.writing) == (2.5, 2.0)


def test_a_turn_without_retries_counts_one_attempt():
    turn = Turn()
    turn.feed(delta("a"), completed())
    assert (turn.end.attempts, turn.end.rounds) == (1, 0)
