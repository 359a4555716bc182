"""Who runs the tools of a turn."""

from typing import Any

import pytest

from entrypoints.openwebui.tool_mode import HOST_VALVE, ToolMode, read_host_tools, tool_mode
from entrypoints.settings import Settings

PIPELINE = "Pipeline"


def metadata(*builtin: str, approval: str = "full", **other: Any) -> dict[str, Any]:
    tools = {name: {"tool_id": f"builtin:{name}", "type": "builtin", "spec": {"name": name}} for name in builtin}
    return {"params": {"tool_approval_mode": approval}, "tools": tools, "internal": False, **other}


def decided(valve: str, given: dict[str, Any], names: list[str]) -> ToolMode:
    offered = [{"type": "function", "function": {"name": name}} for name in names]
    return tool_mode(valve, read_host_tools(None, given, offered))


def test_the_pipe_runs_tools_unless_there_is_a_reason_against_it() -> None:
    assert decided(PIPELINE, metadata("get_current_timestamp"), ["get_current_timestamp"]) == ToolMode(False)


def test_the_host_runs_tools_when_the_setting_says_so() -> None:
    assert decided(HOST_VALVE, {}, []) == ToolMode(True, "setting")


def test_the_default_of_the_setting_is_the_pipe() -> None:
    assert not decided(Settings().tool_execution_mode, metadata(), []).host


@pytest.mark.parametrize(
    ("given", "offered", "reason"),
    [
        (metadata(approval="ask"), [], "approval"),
        (metadata("search_tools", "call_tool"), ["search_tools", "call_tool"], "deferred"),
        (metadata(deferred_tools=["long_tool"]), [], "deferred"),
        (metadata(internal=True), [], "delegated"),
    ],
)
def test_the_host_runs_what_only_its_own_loop_can(given: dict[str, Any], offered: list[str], reason: str) -> None:
    assert decided(PIPELINE, given, offered) == ToolMode(True, reason)


def test_questions_and_delegated_tasks_are_left_to_the_host() -> None:
    names = ["ask_user", "delegate_task", "get_current_timestamp"]
    mode = decided(PIPELINE, metadata(*names), names)
    assert mode == ToolMode(False, "", frozenset({"ask_user", "delegate_task"}))


def test_a_workspace_tool_with_the_name_of_a_builtin_one_is_run_like_any_other() -> None:
    given = metadata() | {"tools": {"ask_user": {"tool_id": "mine", "callable": print}}}
    assert decided(PIPELINE, given, ["ask_user"]) == ToolMode(False)


@pytest.mark.parametrize("given", [{}, {"params": None, "tools": None}, {"params": [], "tools": []}])
def test_metadata_of_older_hosts_has_no_effect(given: dict[str, Any]) -> None:
    assert decided(PIPELINE, given, ["add"]) == ToolMode(False)
