"""Whether, when and how often an attempt is repeated: only before anything was shown, never if it may be billed."""

from dataclasses import replace

import pytest

from domain.faults.retry import RetryPolicy
from domain.turn.events import AttemptFailed, TimerFired
from domain.turn.machine import TurnPlan
from domain.turn.steps import CallUpstream, Reason, SetTimer
from ports.response_events import AnnotationAdded, ArgumentsDelta, ItemAdded, StreamClosed
from ports.responses import InvalidRoute, Reach, Refused, TimedOut, Unreachable
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
    problem,
    reported,
    thought,
)
from tests.tables import each

ALLOWED = TurnPlan(REQUEST, retry=RetryPolicy(uncertain_allowed=True))


def refused(status: int | None, kind: str = "", **more: object) -> AttemptFailed:
    return AttemptFailed(Refused(problem(status, kind, **more)))


def unreachable(reach: Reach) -> AttemptFailed:
    return AttemptFailed(Unreachable("reset", reach=reach))


NOT_SENT, SENT = unreachable(Reach.NOT_SENT), unreachable(Reach.SENT)
TABLE = [
    ("400 validation", refused(400, "invalid_request"), 0, "BAD_REQUEST"),
    ("400 context", refused(400, "context_length_exceeded"), 0, "CONTEXT_LENGTH"),
    ("401", refused(401, "authentication"), 0, "BAD_KEY"),
    ("402 in flight", refused(402, limit_source="openrouter_in_flight_budget"), 2, "CREDITS"),
    ("402 in flight by reason", refused(402, reasons=("in_flight_budget_exhausted",)), 2, "CREDITS"),
    ("402 credits", refused(402, limit_source="openrouter_credits"), 0, "CREDITS"),
    ("402 weight", refused(402, reasons=("weight_exceeds_budget",)), 0, "CREDITS"),
    ("403", refused(403, "permission_denied"), 0, "FORBIDDEN"),
    ("403 moderation", refused(403, reasons=("violence",)), 0, "MODERATED"),
    ("404", refused(404, "not_found"), 0, "NOT_FOUND"),
    ("409", refused(409), 0, "BAD_REQUEST"),
    ("410", refused(410), 0, "BAD_REQUEST"),
    ("412", refused(412), 0, "BAD_REQUEST"),
    ("413", refused(413, "payload_too_large"), 0, "TOO_LARGE"),
    ("415", refused(415), 0, "BAD_REQUEST"),
    ("422", refused(422, "unprocessable"), 0, "BAD_REQUEST"),
    ("408", refused(408), 0, "UPSTREAM_TIMEOUT"),
    ("504", refused(504, "timeout"), 0, "UPSTREAM_TIMEOUT"),
    ("524", refused(524), 0, "UPSTREAM_TIMEOUT"),
    ("429", refused(429, "rate_limit_exceeded"), 2, "RATE_LIMITED"),
    ("429 daily", refused(429, limit_source="openrouter_free_tier_daily"), 0, "RATE_LIMITED"),
    ("499", refused(499), 0, "BAD_REQUEST"),
    ("500", refused(500, "server"), 1, "SERVER"),
    ("500 unmapped", refused(500, "unmapped"), 1, "SERVER"),
    ("502", refused(502, "provider_unavailable"), 2, "SERVER"),
    ("503", refused(503, "provider_overloaded"), 2, "OVERLOADED"),
    ("529", refused(529), 2, "OVERLOADED"),
    ("520", refused(520), 2, "SERVER"),
    ("521", refused(521), 2, "SERVER"),
    ("522", refused(522), 2, "SERVER"),
    ("523", refused(523), 2, "SERVER"),
    ("no connection", NOT_SENT, 2, "UNREACHABLE"),
    ("connect time-out", AttemptFailed(TimedOut("connect", 10, reach=Reach.NOT_SENT)), 2, "TIMEOUT"),
    ("reset after sending", SENT, 0, "UNREACHABLE"),
    ("reset in the stream", unreachable(Reach.STREAMING), 0, "INTERRUPTED"),
    ("read time-out", AttemptFailed(TimedOut("read", 300, reach=Reach.SENT)), 0, "TIMEOUT"),
    ("unusable route", AttemptFailed(InvalidRoute("no host")), 0, "BAD_ROUTE"),
    ("end before the first event", StreamClosed(said_done=False), 0, "INTERRUPTED"),
    ("error event, flat", reported(None, "server_error"), 1, "SERVER"),
    ("error event, provider", reported(None, "provider_unavailable"), 2, "SERVER"),
    ("error event, rate", reported(None, "rate_limit_exceeded"), 2, "RATE_LIMITED"),
    ("error event, key", reported(None, "authentication"), 0, "BAD_KEY"),
    ("error event, time-out", reported(None, "timeout"), 0, "UPSTREAM_TIMEOUT"),
    ("error event, unknown", reported(None, "1261"), 0, "SERVER"),
    ("failed response", failed(problem(None, "provider_overloaded")), 2, "OVERLOADED"),
    ("said retryable", refused(404, retryable=True), 2, "NOT_FOUND"),
    ("said not retryable", refused(503, retryable=False), 0, "OVERLOADED"),
    ("time-out said retryable", refused(504, retryable=True), 0, "UPSTREAM_TIMEOUT"),
]
UNCERTAIN = {"408", "504", "524", "reset after sending", "reset in the stream", "read time-out"} | {
    "end before the first event",
    "error event, time-out",
    "time-out said retryable",
}


def repeated(turn: Turn, event: object) -> int:
    """Fail every attempt in the same way; return how many attempts followed the first."""
    while not turn.machine.ended:
        turn.feed(event, after=5.0)  # type: ignore[arg-type]
    return len(turn.attempts) - 1


@each(("event", "times", "kind"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_failure_is_retried_as_often_as_the_table_says(event, times, kind):
    turn = Turn()
    assert (repeated(turn, event), turn.fault) == (times, kind)


@each("row", TABLE, ids=[row[0] for row in TABLE])
def test_an_attempt_that_may_be_billed_is_retried_only_if_allowed(row):
    name, event, times, _ = row
    assert repeated(Turn(ALLOWED), event) == (2 if name in UNCERTAIN else times)


def test_waits_double_and_are_spread_by_chance():
    waits = {}
    for jitter in (0.0, 0.5, 0.999):
        turn = Turn(TurnPlan(REQUEST, jitter=jitter))
        repeated(turn, NOT_SENT)
        waits[jitter] = [round(attempt.after, 2) for attempt in turn.attempts[1:]]
    assert waits == {0.0: [0.25, 0.5], 0.5: [0.5, 1.0], 0.999: [0.75, 1.5]}


def test_the_wait_is_at_least_the_one_upstream_asks_for():
    turn = Turn()
    turn.feed(refused(429, retry_after=7.0))
    assert turn.attempts[-1].after == 7.0


def test_a_wait_that_is_shorter_than_ours_does_not_shorten_it():
    turn = Turn()
    turn.feed(refused(429, retry_after=0.1))
    assert turn.attempts[-1].after == 0.5


def test_a_wait_that_is_too_long_ends_the_turn_and_is_reported():
    turn = Turn()
    turn.feed(refused(402, limit_source="openrouter_in_flight_budget", retry_after=120.0))
    assert (turn.fault, turn.end.fault.retry_after, turn.end.attempts) == ("CREDITS", 120.0, 1)


def test_all_waits_together_stay_within_the_budget():
    turn = Turn()
    turn.feed(refused(429, retry_after=20.0))
    turn.feed(refused(429, retry_after=20.0), after=20.0)
    assert (turn.fault, len(turn.attempts)) == ("RATE_LIMITED", 2)


def test_the_person_reads_why_and_how_long_it_waits():
    turn = Turn()
    turn.feed(refused(429, retry_after=7.0))
    assert [(shown.fault.kind.name, shown.seconds, shown.attempt) for shown in turn.statuses] == [
        ("RATE_LIMITED", 7, 2)
    ]


@pytest.mark.parametrize(("wait", "told"), [(1.0, False), (2.0, False), (2.1, True)])
def test_only_a_wait_of_more_than_two_seconds_is_reported(wait, told):
    turn = Turn()
    turn.feed(refused(429, retry_after=wait))
    assert (turn.attempts[-1].after, bool(turn.statuses)) == (wait, told)


def test_during_a_short_wait_the_usual_waiting_statuses_go_on():
    turn = Turn()
    turn.feed(TimerFired("waiting"), after=0.3)
    turn.feed(refused(429, retry_after=2.0))
    turn.feed(TimerFired("waiting"), after=1.2)
    assert [type(status).__name__ for status in turn.statuses] == ["StillWaiting"] * 2


def test_no_waiting_status_replaces_the_retry_status_until_the_attempt_begins():
    turn = Turn()
    turn.feed(refused(429, retry_after=7.0))
    assert turn.feed(TimerFired("waiting"), after=0.3) == [SetTimer("waiting", 7.0)]


def test_a_second_attempt_that_works_is_an_ordinary_end():
    turn = Turn()
    turn.feed(NOT_SENT)
    turn.feed(STARTED, delta("Two"), completed(usage=COST), after=1.0)
    assert (turn.text, turn.end.reason, turn.end.attempts) == ("Two", Reason.STOP, 2)


def test_nothing_is_retried_after_text_was_shown():
    turn = Turn(ALLOWED)
    turn.feed(delta("T"), unreachable(Reach.STREAMING))
    assert (len(turn.attempts), turn.fault) == (1, "INTERRUPTED")


def test_nothing_is_retried_after_a_source_was_shown():
    turn = Turn(ALLOWED)
    turn.feed(AnnotationAdded(0, "msg_1", 0, {"url": "https://a.example/"}), refused(503))
    assert len(turn.attempts) == 1


@pytest.mark.parametrize(
    "began",
    [ItemAdded(0, thought()), ArgumentsDelta(0, "fc_1", '{"q"'), *done(thought())],
    ids=["an item", "arguments", "hidden thinking"],
)
def test_an_attempt_in_which_the_model_had_begun_is_retried_only_if_allowed(began):
    attempts = []
    for plan in (TurnPlan(REQUEST), ALLOWED):
        turn = Turn(plan)
        turn.feed(STARTED, began, reported(502, "provider_unavailable"))
        attempts.append(len(turn.attempts))
    assert attempts == [1, 2]


def test_a_response_that_only_began_is_retried():
    turn = Turn()
    turn.feed(STARTED, reported(502, "provider_unavailable"))
    assert len(turn.attempts) == 2


def test_nothing_of_an_abandoned_attempt_is_kept():
    turn = Turn(ALLOWED)
    turn.feed(*done(thought()), reported(502))
    turn.feed(delta("Two"), *done(thought(item_id="rs_2")), completed())
    assert [item.get("id") for item in turn.kept] == [None, "rs_2"]


def test_remaining_events_of_a_failed_attempt_do_not_affect_the_next():
    turn = Turn()
    turn.feed(reported(502, "provider_unavailable"), delta("late"), StreamClosed(said_done=True))
    assert (len(turn.attempts), turn.text, turn.machine.ended) == (2, "", False)


def test_a_failed_response_and_the_close_behind_it_are_one_failure():
    turn = Turn()
    turn.feed(failed(problem(503)), StreamClosed(said_done=True))
    assert [type(step) for step in turn.all(CallUpstream)] == [CallUpstream, CallUpstream]


def test_every_attempt_is_booked_under_its_own_id():
    turn = Turn()
    turn.feed(STARTED, reported(502))
    turn.feed(refused(503))
    turn.feed(STARTED, delta("a"), completed(usage=COST))
    assert [(record.generation_id, record.usage) for record in turn.ended_attempts] == [
        ("gen-1", None),
        ("", None),
        ("gen-1", COST),
    ]


def test_a_failed_response_with_a_bill_is_booked_with_it():
    turn = Turn()
    usage = Usage(input_tokens=3)
    turn.feed(failed(problem(503), usage))
    turn.feed(delta("a"), completed(usage=COST))
    assert [record.usage for record in turn.ended_attempts] == [usage, COST]
    assert turn.end.usage.input_tokens == 13


def after_a_tool() -> Turn:
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"})))
    turn.feed(*done(call(name="unknown")), completed())
    return turn


@pytest.mark.parametrize(
    "passing",
    [NOT_SENT, refused(429, retry_after=3.0), refused(502), refused(503, "provider_overloaded"), refused(500)],
)
def test_passing_failure_is_retried_after_tools_as_in_the_first_round(passing):
    turn = after_a_tool()
    turn.feed(passing)
    assert len(turn.attempts) == 3
    assert turn.attempts[2].request == turn.attempts[1].request
    turn.feed(STARTED, delta("Yes."), completed())
    assert (turn.text, turn.end.reason, turn.end.fault) == ("Yes.", Reason.STOP, None)


def test_each_round_has_its_own_retries():
    turn = Turn(TurnPlan(REQUEST, runnable=frozenset({"look"}), retry=RetryPolicy(extra_attempts=1)))
    turn.feed(refused(503))
    turn.feed(*done(call(name="unknown")), completed())
    turn.feed(refused(503))
    turn.feed(refused(503))
    assert (len(turn.attempts), turn.fault) == (4, "OVERLOADED")


def test_nothing_is_retried_once_something_of_the_round_was_shown():
    turn = after_a_tool()
    turn.feed(STARTED, delta("It"))
    turn.feed(refused(503))
    assert (len(turn.attempts), turn.fault) == (2, "OVERLOADED")


def test_billed_attempt_after_tools_is_not_repeated():
    turn = after_a_tool()
    turn.feed(SENT)
    assert (len(turn.attempts), turn.fault) == (2, "UNREACHABLE")


FORCED = [
    "required",
    {"type": "function", "name": "look"},
    {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]},
]


@pytest.mark.parametrize("choice", FORCED)
def test_a_call_is_forced_in_the_first_round_only(choice):
    sent = replace(REQUEST, body=replace(REQUEST.body, tool_choice=choice))
    turn = Turn(TurnPlan(sent, runnable=frozenset({"look"})))
    turn.feed(*done(call(name="unknown")), completed())
    assert [attempt.request.body.tool_choice for attempt in turn.attempts] == [choice, "auto"]
