"""Tool calls: run after the response is complete, a few at a time, each answered once, outputs in order."""

import json
import re
from dataclasses import replace

import pytest

from domain.tools.plan import CallLimits
from domain.turn.events import CallBegan, CallFinished, Cancelled, TimerFired
from domain.turn.machine import TurnPlan
from domain.turn.steps import CancelCall, HandOverCall, Persist, Reason, SetTimer, ShowCall, ShowCallResult, StartCall
from ports.response_events import ArgumentsDelta, ArgumentsDone, ItemAdded, ItemDone, TextDelta
from ports.responses import UpstreamRequest
from ports.toolbox import ToolCall, ToolResult
from tests.domain.turn.talk import (
    BODY,
    COST,
    QUESTION,
    REQUEST,
    STARTED,
    Turn,
    call,
    completed,
    delta,
    done,
    message,
    thought,
)

PLAN = TurnPlan(REQUEST, runnable=frozenset({"look", "send"}), call_limits=CallLimits(parallel=2, seconds=60.0))
NEEDY = {"type": "function", "name": "look", "parameters": {"type": "object", "required": ["q"]}}


def outputs(turn: Turn) -> list[tuple[str, str]]:
    """The outputs that went upstream with the newest call."""
    sent = turn.attempts[-1].request.body.input
    return [(item["call_id"], item["output"]) for item in sent if item["type"] == "function_call_output"]


def finished(call_id: str, text: str = "found") -> CallFinished:
    return CallFinished(call_id, ToolResult(text))


def handed_over(turn: Turn) -> list[ToolCall]:
    return [step.call for step in turn.all(HandOverCall)]


# --- handing over ---------------------------------------------------------------------------------------------


def test_calls_are_handed_over_in_order_when_no_tool_can_be_run():
    turn = Turn()
    turn.feed(*done(call("a"), call("b")), completed())
    assert turn.all(HandOverCall) == [
        HandOverCall(0, ToolCall("a", "look", '{"q": 1}')),
        HandOverCall(1, ToolCall("b", "look", '{"q": 1}'), 1),
    ]
    assert turn.end.reason is Reason.TOOL_CALLS


BOTH = replace(PLAN, callers=frozenset({"fetch"}))


def test_a_round_with_calls_of_the_caller_runs_the_others_first_and_then_hands_these_over():
    turn = Turn(BOTH)
    turn.feed(*done(call("a"), call("b", "fetch"), call("c")), completed())
    assert [step.call.call_id for step in turn.all(StartCall)] == ["a", "c"]
    assert handed_over(turn) == []
    turn.feed(finished("a"), finished("c", "gone"))
    assert [one.call_id for one in handed_over(turn)] == ["b"]
    assert turn.end.reason is Reason.TOOL_CALLS
    assert len(turn.attempts) == 1


def test_what_a_round_of_both_leaves_has_all_calls_and_the_outputs_of_those_that_ran():
    turn = Turn(BOTH)
    turn.feed(*done(thought("why"), call("a"), call("b", "fetch")), completed())
    turn.feed(finished("a"))
    (kept,) = turn.all(Persist)
    items = [one.item for one in kept.items]
    assert [item["type"] for item in items] == ["reasoning", "function_call", "function_call", "function_call_output"]
    assert [item.get("call_id") for item in items] == [None, "a", "b", "a"]


def test_a_round_of_the_callers_calls_alone_is_handed_over_at_once():
    turn = Turn(BOTH)
    turn.feed(*done(call("a", "fetch")), completed())
    assert turn.all(StartCall) == []
    assert [one.call_id for one in handed_over(turn)] == ["a"]


def test_a_later_round_may_be_of_both():
    turn = Turn(BOTH)
    turn.feed(*done(call("a")), completed())
    turn.feed(finished("a"))
    turn.feed(STARTED, *done(call("b"), call("c", "fetch")), completed())
    turn.feed(finished("b"))
    assert [one.call_id for one in handed_over(turn)] == ["c"]
    assert len(turn.all(Persist)) == 2


def test_a_stop_during_a_round_of_both_hands_nothing_over():
    turn = Turn(BOTH)
    turn.feed(*done(call("a"), call("b", "fetch")), completed())
    turn.feed(Cancelled())
    assert handed_over(turn) == []
    assert turn.end.reason is Reason.CANCELLED


def test_calls_wait_until_the_response_is_complete():
    turn = Turn(PLAN)
    assert turn.feed(*done(call())) == []
    turn.feed(completed())
    assert turn.started == ["call_1"]


def test_arguments_come_from_the_deltas_when_the_item_has_none():
    turn = Turn()
    turn.feed(ItemAdded(0, call(arguments="")), ArgumentsDelta(0, "fc_call_1", '{"q"'))
    turn.feed(ArgumentsDelta(0, "fc_call_1", ": 2}"), ItemDone(0, call(arguments="")), completed())
    assert handed_over(turn)[0].arguments == '{"q": 2}'


def test_arguments_come_from_the_complete_text_when_it_follows_the_item():
    turn = Turn()
    turn.feed(ItemDone(0, call(arguments="")), ArgumentsDone(0, "fc_call_1", '{"q": 3}'), completed())
    assert handed_over(turn)[0].arguments == '{"q": 3}'


def test_arguments_come_from_the_terminal_event_when_the_item_has_none():
    turn = Turn()
    turn.feed(ItemDone(0, call(arguments="")), completed(call(arguments='{"q": 4}')))
    assert handed_over(turn)[0].arguments == '{"q": 4}'


def test_an_empty_complete_text_does_not_replace_arguments():
    turn = Turn()
    turn.feed(ItemAdded(0, call(arguments="")), ArgumentsDelta(0, "fc_call_1", '{"q": 5}'))
    turn.feed(ArgumentsDone(0, "fc_call_1", ""), ItemDone(0, call(arguments="")), completed())
    assert handed_over(turn)[0].arguments == '{"q": 5}'


def test_a_call_without_any_arguments_has_an_empty_object():
    turn = Turn()
    turn.feed(*done(call(arguments="")), completed())
    assert handed_over(turn)[0].arguments == "{}"


def test_two_calls_at_one_position_are_two_calls():
    turn = Turn()
    turn.feed(ItemDone(0, thought()), ItemDone(0, call("a")), ItemDone(0, call("b")), completed())
    assert [made.call_id for made in handed_over(turn)] == ["a", "b"]


def test_two_calls_at_one_position_without_item_ids_are_two_calls():
    turn = Turn()
    bare = [{key: value for key, value in call(name).items() if key != "id"} for name in ("a", "b")]
    turn.feed(*(ItemDone(0, item) for item in bare), completed())
    assert [made.call_id for made in handed_over(turn)] == ["a", "b"]


def test_interleaved_deltas_of_two_calls_do_not_mix():
    turn = Turn()
    turn.feed(*(ItemAdded(index, call(name, arguments="")) for index, name in enumerate("ab")))
    pieces = ((0, "fc_a", '{"q":'), (1, "fc_b", '{"p":'), (0, "fc_a", "1}"), (1, "fc_b", "2}"))
    turn.feed(*(ArgumentsDelta(*piece) for piece in pieces), completed())
    assert [made.arguments for made in handed_over(turn)] == ['{"q":1}', '{"p":2}']


def test_a_call_that_only_the_terminal_event_lists_is_a_call():
    turn = Turn()
    turn.feed(*done(call("a", item_id="fc_1")), completed(call("b", item_id="fc_2")))
    assert [made.call_id for made in handed_over(turn)] == ["a", "b"]


def test_a_call_listed_twice_is_one_call():
    turn = Turn()
    turn.feed(*done(call("a", item_id="fc_1"), call("a", item_id="fc_2")), completed(call("a")))
    assert len(handed_over(turn)) == 1


def test_a_call_without_a_name_is_ignored():
    turn = Turn()
    turn.feed(ArgumentsDelta(0, "fc_1", "{}"), completed())
    assert turn.fault == "EMPTY"


# --- running --------------------------------------------------------------------------------------------------


def test_no_more_calls_run_at_once_than_allowed():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b"), call("c")), completed())
    assert turn.started == ["a", "b"]
    turn.feed(finished("b"))
    assert turn.started == ["a", "b", "c"]


def test_a_call_that_starts_is_shown():
    turn = Turn(PLAN)
    steps = turn.feed(*done(message("I look"), call()), completed())
    made = ToolCall("call_1", "look", '{"q": 1}')
    assert steps[-2:] == [ShowCall(2, made), StartCall(made)]


def test_the_time_of_a_call_counts_from_when_it_begins():
    turn = Turn(PLAN)
    turn.feed(*done(call()), completed())
    assert turn.feed(CallBegan("call_1"), after=5.0) == [SetTimer("call:call_1", 65.0)]


def test_outputs_go_back_in_the_order_of_the_calls():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(finished("b", "two"))
    turn.feed(finished("a", "one"))
    assert outputs(turn) == [("a", "one"), ("b", "two")]


def test_upstream_is_called_again_only_when_every_call_has_its_result():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(finished("b"))
    assert len(turn.attempts) == 1
    turn.feed(finished("a"))
    assert len(turn.attempts) == 2


def test_the_next_call_holds_the_question_then_what_the_model_said_then_the_outputs():
    turn = Turn(PLAN)
    turn.feed(STARTED, *done(thought("Hm"), message("I look"), call()), completed())
    turn.feed(finished("call_1"))
    assert turn.attempts[-1].request.body.input == (
        QUESTION,
        thought("Hm"),
        message("I look"),
        {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": '{"q": 1}'},
        {"type": "function_call_output", "call_id": "call_1", "output": "found"},
    )


def test_text_that_followed_a_call_keeps_its_place():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), message("And now"), call("b")), completed())
    turn.feed(finished("a"), finished("b"))
    kinds = [item.get("call_id", item["type"]) for item in turn.attempts[-1].request.body.input[1:]]
    assert kinds == ["a", "message", "b", "a", "b"]


def test_a_message_without_an_id_goes_back_as_plain_text():
    turn = Turn(PLAN)
    turn.feed(*done({**message("I look", ""), "id": None}, call()), completed())
    turn.feed(finished("call_1"))
    assert turn.attempts[-1].request.body.input[1] == {"type": "message", "role": "assistant", "content": "I look"}


def test_an_empty_message_does_not_go_back():
    turn = Turn(PLAN)
    turn.feed(*done(message(""), call()), completed())
    turn.feed(finished("call_1"))
    assert [item["type"] for item in turn.attempts[-1].request.body.input[1:]] == [
        "function_call",
        "function_call_output",
    ]


@pytest.mark.parametrize("arguments", ['{"q": ', "[1]", "plain", '"text"'])
def test_arguments_upstream_would_reject_are_sent_again_as_text_in_an_object(arguments):
    turn = Turn(PLAN)
    turn.feed(*done(call(arguments=arguments)), completed())
    assert turn.all(ShowCall)[0].call.arguments == arguments
    turn.feed(finished("call_1", "Error: invalid arguments"))
    sent = json.loads(turn.attempts[-1].request.body.input[1]["arguments"])
    assert list(sent.values()) == [arguments]


def test_arguments_are_sent_again_as_the_tool_ran_with_them():
    turn = Turn(PLAN)
    turn.feed(*done(call(arguments="{'q': '1'}")), completed())
    turn.feed(CallFinished("call_1", ToolResult("found", ran='{"q": 1}')))
    assert turn.attempts[-1].request.body.input[1]["arguments"] == '{"q": 1}'
    assert turn.kept[0]["arguments"] == '{"q": 1}'
    assert turn.all(ShowCallResult)[0].call.arguments == '{"q": 1}'


def test_arguments_of_a_certain_meaning_are_handed_over_as_json():
    turn = Turn()
    turn.feed(
        *done(call("a", arguments="{'q': 'x'}"), call("b", arguments='{"q": '), call("c", arguments="")), completed()
    )
    assert [one.arguments for one in handed_over(turn)] == ['{"q": "x"}', '{"q": ', "{}"]


def test_text_after_the_tools_is_a_segment_of_its_own():
    turn = Turn(PLAN)
    turn.feed(*done(message("I look"), call()), completed(usage=COST))
    turn.feed(finished("call_1"))
    turn.feed(delta("Found"), completed(usage=COST))
    assert (turn.text, turn.end.reason, turn.end.rounds) == ("I look|Found", Reason.STOP, 1)


def test_an_unknown_tool_is_answered_at_once():
    turn = Turn(PLAN)
    turn.feed(*done(call(name="other")), completed())
    assert outputs(turn) == [("call_1", "Error: there is no tool named 'other'.")]
    assert turn.all(ShowCallResult)[0].result.failed


def test_lost_arguments_of_a_tool_that_needs_them_are_answered_at_once():
    turn = Turn(replace(PLAN, request=UpstreamRequest(replace(BODY, tools=(NEEDY,)))))
    turn.feed(*done(call(arguments="")), completed())
    assert turn.started == []
    assert "arguments" in outputs(turn)[0][1]


@pytest.mark.parametrize("part", [{"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}])
def test_a_tool_whose_arguments_may_all_be_null_runs_without(part):
    parameters = {"type": "object", "properties": {"q": part}, "required": ["q"]}
    turn = Turn(replace(PLAN, request=UpstreamRequest(replace(BODY, tools=({**NEEDY, "parameters": parameters},)))))
    turn.feed(*done(call(arguments="")), completed())
    assert turn.started == ["call_1"]


def test_a_tool_that_needs_no_arguments_runs_without():
    turn = Turn(PLAN)
    turn.feed(*done(call(arguments="")), completed())
    assert turn.started == ["call_1"]


def test_calls_beyond_the_queue_are_answered_without_running():
    turn = Turn(replace(PLAN, call_limits=CallLimits(parallel=5, queue=2)))
    turn.feed(*done(call("a"), call("b"), call("c")), completed())
    assert turn.started == ["a", "b"]
    assert [result.call.call_id for result in turn.all(ShowCallResult)] == ["c"]


def test_a_call_that_exceeds_its_time_limit_is_cancelled_and_answered():
    turn = Turn(PLAN)
    turn.feed(*done(call()), completed())
    turn.feed(TimerFired("call:call_1"), after=60.0)
    assert turn.all(CancelCall) == [CancelCall("call_1", overdue=True)]
    assert outputs(turn) == [("call_1", "Error: the tool did not finish within 60 s.")]


def test_a_result_that_comes_after_the_time_limit_is_ignored():
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), call("b")), completed())
    turn.feed(TimerFired("call:a"), finished("a", "late"))
    turn.feed(finished("b"))
    assert [text for _, text in outputs(turn)] == ["Error: the tool did not finish within 60 s.", "found"]


def test_upstream_events_while_tools_run_are_ignored():
    turn = Turn(PLAN)
    turn.feed(*done(call()), completed())
    assert turn.feed(TextDelta(0, "msg_9", 0, "late"), completed()) == []


# --- rounds ---------------------------------------------------------------------------------------------------


def rounds(turn: Turn, count: int) -> None:
    """Let the model call one tool per round, each with a new call id, `count` times."""
    for number in range(count):
        turn.feed(*done(call(f"call_{number}")), completed())
        turn.feed(finished(f"call_{number}"))


def test_after_the_last_round_calls_are_not_run_and_the_model_is_asked_to_answer():
    turn = Turn(replace(PLAN, max_rounds=2))
    rounds(turn, 3)
    assert turn.started == ["call_0", "call_1"]
    assert turn.attempts[-1].request.body.tool_choice == "none"
    assert "no more rounds" in outputs(turn)[-1][1]


def test_the_closing_answer_is_an_ordinary_end():
    turn = Turn(replace(PLAN, max_rounds=1))
    rounds(turn, 2)
    turn.feed(delta("As far as I know"), completed())
    assert (turn.end.reason, turn.end.rounds) == (Reason.STOP, 2)


def test_a_closing_answer_that_calls_again_ends_with_its_text():
    turn = Turn(replace(PLAN, max_rounds=1))
    rounds(turn, 2)
    turn.feed(*done(message("So far"), call("call_9")), completed())
    assert (turn.end.reason, turn.started) == (Reason.STOP, ["call_0"])


def test_a_closing_answer_that_only_calls_again_is_a_fault():
    turn = Turn(replace(PLAN, max_rounds=1))
    rounds(turn, 2)
    turn.feed(*done(call("call_9")), completed())
    assert turn.fault == "TOOL_ROUNDS"


# --- names ----------------------------------------------------------------------------------------------------


LEAKS = (
    "functions.look",
    "default_api.look",
    "look<|channel|>commentary",
    "<|channel|>commentary to=functions.look <|constrain|>json",
    " look\n",
    "look</function",
    'look" parameter="q" string="true',
    "tool:look",
    "github/look",
    "functions.look:0",
    "Look",
    "look()",
)


@pytest.mark.parametrize("name", LEAKS)
def test_a_leaked_name_runs_the_one_tool_it_means_and_goes_back_clean(name):
    turn = Turn(PLAN)
    turn.feed(*done(call(name=name)), completed())
    assert [step.call.name for step in turn.all(StartCall)] == ["look"]
    turn.feed(finished("call_1"))
    assert turn.attempts[-1].request.body.input[1]["name"] == "look"
    assert turn.kept[0]["name"] == "look"


@pytest.mark.parametrize("name", ["nothing", "look or send", "<|channel|>analysis", "look send", "x" * 93, "名前", "!"])
def test_a_name_that_means_no_single_tool_runs_nothing_and_goes_back_legal(name):
    turn = Turn(PLAN)
    turn.feed(*done(call(name=name)), completed())
    assert turn.started == []
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", turn.kept[0]["name"])


def test_a_leaked_name_of_a_tool_of_the_caller_is_handed_over_clean():
    tools = ({"type": "function", "name": "look", "parameters": {}},)
    turn = Turn(TurnPlan(replace(REQUEST, body=replace(BODY, tools=tools))))
    turn.feed(*done(call("a", name="functions.look")), completed())
    assert [one.name for one in handed_over(turn)] == ["look"]


# --- places ---------------------------------------------------------------------------------------------------


def opened(item_id: str, call_id: str) -> dict:
    return {**call(call_id, arguments="", item_id=item_id), "status": "in_progress"}


def test_the_output_index_decides_to_which_call_arguments_belong():
    turn = Turn()
    turn.feed(ItemAdded(1, opened("fc_1", "a")), ItemAdded(3, opened("fc_2", "b")))
    turn.feed(ArgumentsDelta(1, "fc_2", '{"query":"cod"}'), ArgumentsDelta(3, "fc_1", '{"query":"hake"}'))
    turn.feed(completed())
    assert [(one.call_id, one.arguments) for one in handed_over(turn)] == [
        ("a", '{"query":"cod"}'),
        ("b", '{"query":"hake"}'),
    ]


def test_ids_decide_where_two_open_calls_share_an_index_or_have_none():
    for index in (0, -1):
        turn = Turn()
        turn.feed(ItemAdded(index, opened("fc_1", "a")), ItemAdded(index, opened("fc_2", "b")))
        turn.feed(ArgumentsDelta(index, "fc_2", '{"q":2}'), ArgumentsDelta(index, "fc_1", '{"q":1}'), completed())
        assert [(one.call_id, one.arguments) for one in handed_over(turn)] == [("a", '{"q":1}'), ("b", '{"q":2}')]


def test_the_output_index_decides_to_which_message_a_text_belongs():
    turn = Turn()
    turn.feed(*(ItemAdded(at, {"type": "message", "id": f"msg_{at}", "content": []}) for at in (0, 1)))
    turn.feed(TextDelta(0, "msg_1", 0, "one"), TextDelta(1, "msg_0", 0, "two"), completed())
    assert turn.text == "one|two"
