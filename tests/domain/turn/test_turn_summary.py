"""The figures in the summary of a turn: when something was first shown, retries, tool calls, the endpoint."""

from domain.turn.events import AttemptFailed, CallFinished, Cancelled
from domain.turn.plan import TurnPlan
from ports.response_events import ItemAdded, ReasoningDelta
from ports.responses import Reach, Unreachable
from ports.toolbox import ToolResult
from tests.domain.turn.talk import REQUEST, Turn, call, completed, delta, done, thought

PLAN = TurnPlan(REQUEST, runnable=frozenset({"look"}))
LOST = AttemptFailed(Unreachable("refused", reach=Reach.NOT_SENT))


def finished(call_id: str, *, failed: bool = False) -> CallFinished:
    return CallFinished(call_id, ToolResult("found", failed=failed))


def test_the_first_output_counts_whatever_follows():
    turn = Turn()
    turn.feed(delta("Two "), after=1.5)
    turn.feed(delta("bugs"), after=2.0)
    turn.feed(completed(), after=0.5)
    assert (turn.end.timing.first, turn.end.timing.writing, turn.end.timing.total) == (1.5, 3.5, 4.0)


def test_thinking_is_a_first_output():
    turn = Turn()
    turn.feed(ItemAdded(0, thought()), ReasoningDelta(0, "rs_1", 0, "Hm", raw=False), after=2.0)
    turn.feed(delta("Two", 1), completed(), after=2.0)
    assert turn.end.timing.first == 2.0


def test_a_tool_that_starts_is_a_first_output():
    turn = Turn(PLAN)
    turn.feed(*done(call("a")), completed(), after=3.0)
    turn.feed(finished("a"), after=1.0)
    turn.feed(delta("Found"), completed(), after=1.0)
    assert turn.end.timing.first == 3.0


def test_a_turn_that_showed_nothing_has_no_first_output():
    turn = Turn()
    turn.feed(Cancelled(), after=3.0)
    assert turn.end.timing.first is None


def test_an_answer_in_one_attempt_has_no_retry():
    turn = Turn()
    turn.feed(delta("Two"), completed())
    assert (turn.end.attempts, turn.end.retries, turn.end.endpoint) == (1, 0, "responses")


def test_a_repeated_attempt_is_a_retry():
    turn = Turn()
    turn.feed(LOST)
    turn.feed(delta("Two"), completed(), after=60.0)
    assert (turn.end.attempts, turn.end.retries) == (2, 1)


def test_the_attempt_after_a_round_of_tools_is_no_retry():
    turn = Turn(PLAN)
    turn.feed(*done(call("a")), completed())
    turn.feed(finished("a"))
    turn.feed(LOST)
    turn.feed(delta("Found"), completed(), after=60.0)
    assert (turn.end.attempts, turn.end.rounds, turn.end.retries) == (3, 1, 1)


def test_tool_calls_of_all_rounds_are_counted_and_those_that_failed():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(finished("a"), finished("b", failed=True))
    turn.feed(*done(call("c")), completed())
    turn.feed(finished("c"))
    turn.feed(delta("Found"), completed())
    assert (turn.end.calls, turn.end.failed_calls) == (3, 1)


def test_calls_that_a_stop_cut_off_count_as_failed():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(finished("a"))
    turn.feed(Cancelled())
    assert (turn.end.calls, turn.end.failed_calls) == (2, 1)


def test_a_turn_without_tools_has_no_calls():
    turn = Turn()
    turn.feed(delta("Two"), completed())
    assert (turn.end.calls, turn.end.failed_calls) == (0, 0)
