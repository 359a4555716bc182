"""Calls of other kinds than functions are the caller's: they end the turn, as what they are."""

from dataclasses import replace

import pytest

from domain.turn.machine import TurnPlan
from domain.turn.steps import HandOverCall, Reason, StartCall
from ports.response_events import ArgumentsDelta, ItemAdded
from ports.toolbox import ToolCall
from tests.domain.turn.talk import REQUEST, Turn, call, completed, done, message, thought
from tests.domain.turn.test_turn_calls import PLAN, finished, handed_over

CUSTOM = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c1", "name": "sql", "input": "SELECT 1"}
ACTION = {"type": "exec", "command": ["ls"], "env": {}}
LOCAL = {"type": "local_shell_call", "id": "lsh_1", "call_id": "l1", "action": ACTION, "status": "completed"}
SHELL = {"type": "shell_call", "id": "sh_1", "call_id": "s1", "action": {"commands": ["ls"]}, "status": "completed"}
PATCH = {"type": "apply_patch_call", "id": "a", "call_id": "p1", "operation": {"type": "delete_file", "path": "a"}}
APPROVAL = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "look", "server_label": "m", "arguments": "{}"}
SEARCH = {"type": "tool_search_call", "id": "t", "call_id": "t1", "execution": "client", "arguments": {"query": "x"}}
COMPUTER = {"type": "computer_call", "id": "cu_1", "call_id": "u1", "action": {"type": "wait"}}
NATIVE = (LOCAL, SHELL, PATCH, APPROVAL, SEARCH, COMPUTER)


def test_a_custom_call_is_handed_over_with_its_input() -> None:
    turn = Turn()
    turn.feed(*done(CUSTOM), completed())
    assert turn.all(HandOverCall) == [HandOverCall(0, ToolCall("c1", "sql", "SELECT 1", "custom_tool_call"))]
    assert turn.end.reason is Reason.TOOL_CALLS


@pytest.mark.parametrize("item", NATIVE, ids=lambda item: item["type"])
def test_a_native_call_is_handed_over_with_its_item(item: dict[str, object]) -> None:
    turn = Turn()
    turn.feed(*done(item), completed())
    (made,) = handed_over(turn)
    assert (made.kind, made.item) == (item["type"], item)
    assert made.call_id == item.get("call_id", item["id"])
    assert turn.end.reason is Reason.TOOL_CALLS


def test_what_the_caller_cannot_run_here_ends_the_turn_even_if_functions_can() -> None:
    turn = Turn(PLAN)
    turn.feed(*done(CUSTOM), completed())
    assert turn.all(StartCall) == []
    assert [made.kind for made in handed_over(turn)] == ["custom_tool_call"]


def test_functions_of_the_round_run_first() -> None:
    turn = Turn(PLAN)
    turn.feed(*done(call("a"), CUSTOM, LOCAL), completed())
    assert [step.call.call_id for step in turn.all(StartCall)] == ["a"]
    assert handed_over(turn) == []
    turn.feed(finished("a"))
    assert [made.call_id for made in handed_over(turn)] == ["c1", "l1"]
    assert [item["type"] for item in turn.kept] == [
        "function_call",
        "custom_tool_call",
        "local_shell_call",
        "function_call_output",
    ]


def test_a_function_in_a_namespace_is_the_callers_and_keeps_it() -> None:
    turn = Turn(replace(PLAN, renamed={"crm_1": "my crm"}))
    turn.feed(*done({**call("a"), "namespace": "crm_1"}), completed())
    (made,) = handed_over(turn)
    assert (made.name, made.namespace) == ("look", "my crm")
    assert turn.kept[0]["namespace"] == "crm_1"


@pytest.mark.parametrize(
    "more",
    [
        (SHELL, {"type": "shell_call_output", "id": "o", "call_id": "s1", "output": []}),
        ({**SHELL, "environment": {"type": "container_reference", "container_id": "c"}},),
        ({**SEARCH, "execution": "server"},),
    ],
    ids=["with its output", "in a container", "a search of upstream's own tools"],
)
def test_what_upstream_has_run_is_nobodys_call(more: tuple[dict[str, object], ...]) -> None:
    turn = Turn()
    turn.feed(*done(*more, message("Done.")), completed())
    assert handed_over(turn) == []
    assert turn.end.reason is Reason.STOP


def test_the_input_in_pieces_counts_if_the_item_has_none() -> None:
    turn = Turn()
    turn.feed(*done({**CUSTOM, "input": ""}), completed(CUSTOM))
    assert [made.arguments for made in handed_over(turn)] == ["SELECT 1"]


def test_a_call_that_never_became_whole_is_not_handed_over() -> None:
    turn = Turn()
    turn.feed(ItemAdded(0, {**LOCAL, "action": {}}), *done(message("Well.")), completed())
    assert handed_over(turn) == []


def test_two_calls_of_one_id_get_ids_of_their_own() -> None:
    turn = Turn()
    turn.feed(*done(CUSTOM, {**LOCAL, "call_id": "c1"}), completed())
    assert len({made.call_id for made in handed_over(turn)}) == 2


def test_thinking_before_a_native_call_is_kept_with_it() -> None:
    turn = Turn()
    turn.feed(*done(thought("Hm."), CUSTOM), completed())
    assert [item["type"] for item in turn.kept] == ["reasoning", "custom_tool_call"]


def test_arguments_of_a_custom_tool_that_look_like_json_are_left_alone() -> None:
    turn = Turn(TurnPlan(REQUEST))
    turn.feed(*done({**CUSTOM, "input": "{'a': 1,}"}), completed())
    assert [made.arguments for made in handed_over(turn)] == ["{'a': 1,}"]


def test_deltas_of_a_function_are_none_of_a_native_call() -> None:
    turn = Turn()
    turn.feed(ArgumentsDelta(0, "lsh_1", '{"q"'), *done(LOCAL), completed())
    assert [made.kind for made in handed_over(turn)] == ["local_shell_call"]
