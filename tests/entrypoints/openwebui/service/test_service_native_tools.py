"""API clients bring native tools: calls of every kind go to the client, and its outputs go back to the model."""

import json
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions
from tests.examples_media import PNG, data_url
from tests.oracle import sdk_judge

MODEL = "openrouter.sim/native-tools"
CUSTOM = {"type": "custom", "custom": {"name": "sql", "description": "Runs SQL.", "format": {"type": "text"}}}
SPACE = {
    "type": "namespace",
    "name": "crm",
    "description": "Customers.",
    "tools": [{"type": "function", "name": "find", "parameters": {"type": "object", "properties": {}}}],
}
MCP = {"type": "mcp", "server_label": "maps", "server_url": "https://maps.example/mcp", "require_approval": "always"}
COMPUTER = {"type": "computer_use_preview", "display_width": 800, "display_height": 600, "environment": "browser"}
PICTURE = data_url(PNG)
RAN = [{"stdout": "a.txt", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]

CASES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "custom": (CUSTOM, "3 rows", {"type": "custom_tool_call_output", "output": "3 rows"}),
    "namespace": (SPACE, "Ann", {"type": "function_call_output", "output": "Ann"}),
    "local_shell": ({"type": "local_shell"}, "a.txt", {"type": "local_shell_call_output", "output": "a.txt"}),
    "shell": ({"type": "shell"}, "a.txt", {"type": "shell_call_output", "output": RAN}),
    "shell by fields": (
        {"type": "shell"},
        json.dumps([{"stdout": "", "stderr": "no", "outcome": {"type": "exit", "exit_code": 2}}]),
        {
            "type": "shell_call_output",
            "output": [{"stdout": "", "stderr": "no", "outcome": {"type": "exit", "exit_code": 2}}],
        },
    ),
    "apply_patch": (
        {"type": "apply_patch"},
        "done",
        {"type": "apply_patch_call_output", "status": "completed", "output": "done"},
    ),
    "a patch that failed": (
        {"type": "apply_patch"},
        '{"status": "failed", "output": "no such file"}',
        {"type": "apply_patch_call_output", "status": "failed", "output": "no such file"},
    ),
    "approval": (MCP, '{"approve": true}', {"type": "mcp_approval_response", "approve": True}),
    "refused approval": (
        MCP,
        "too risky",
        {"type": "mcp_approval_response", "approve": False, "reason": "too risky"},
    ),
    "tool search": (
        {"type": "openrouter:tool_search"},
        '[{"type": "function", "name": "maps"}]',
        {
            "type": "tool_search_output",
            "execution": "client",
            "status": "completed",
            "tools": [{"type": "function", "name": "maps", "parameters": {"type": "object"}}],
        },
    ),
}


def deltas(reply: Reply) -> list[dict[str, Any]]:
    choices = [choice for one in reply.payloads if isinstance(one, dict) for choice in one.get("choices", ())]
    return [call for choice in choices for call in choice["delta"].get("tool_calls", ())]


async def asked(caller: Caller, *tools: dict[str, Any], stream: bool = True, **more: Any) -> Reply:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "go"}], "tools": [*tools], "stream": stream}
    return await caller.send({**body, **more}, Who.API)


def answers_of(reply: Reply) -> list[dict[str, Any]]:
    """Return the outputs that the model quotes: what upstream received of them."""
    quoted: list[dict[str, Any]] = json.loads(reply.text.removeprefix("The tools gave: "))
    return quoted


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("user", ["user-1", ""], ids=["remembered", "not remembered"])
async def test_a_native_call_and_its_output_make_the_round(
    caller: Caller, simulator: Simulator, case: str, user: str
) -> None:
    tool, content, expected = CASES[case]
    caller.user["id"] = user
    first = await asked(caller, tool)
    (call,) = deltas(first)
    assert first.finishes == ["tool_calls"]

    entry = {key: value for key, value in call.items() if key != "index"}
    history = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [entry]},
        {"role": "tool", "tool_call_id": call["id"], "content": content},
    ]
    second = await asked(caller, tool, messages=history)
    assert answers_of(second) == [expected]
    for record in questions(simulator):
        assert isinstance(record.body, dict)
        assert sdk_judge.judge(record.body, None) == []


async def test_a_custom_call_has_the_form_of_chat_completions(caller: Caller) -> None:
    (call,) = deltas(await asked(caller, CUSTOM))
    assert (call["type"], call["custom"]) == ("custom", {"name": "sql", "input": "SELECT 1;\n-- \u00e9"})


async def test_a_call_without_a_form_has_its_item_under_its_kind(caller: Caller) -> None:
    (call,) = deltas(await asked(caller, {"type": "local_shell"}))
    assert call["type"] == "local_shell_call"
    assert call["local_shell_call"]["action"]["command"] == ["ls", "-la"]
    assert call["local_shell_call"]["call_id"] == call["id"]


async def test_a_whole_completion_has_the_calls_in_the_same_form(caller: Caller) -> None:
    reply = await asked(caller, CUSTOM, SPACE, {"type": "shell"}, stream=False)
    assert isinstance(reply.returned, dict)
    (choice,) = reply.returned["choices"]
    assert choice["finish_reason"] == "tool_calls"
    calls = choice["message"]["tool_calls"]
    assert [call["type"] for call in calls] == ["custom", "function", "shell_call"]
    assert calls[1]["function"] == {"name": "find", "arguments": "{}", "namespace": "crm"}
    assert len({call["id"] for call in calls}) == 3


async def test_several_kinds_in_one_round_are_answered_in_order(caller: Caller, simulator: Simulator) -> None:
    tools = (CUSTOM, {"type": "local_shell"}, {"type": "apply_patch"}, MCP)
    calls = deltas(await asked(caller, *tools))
    entries = [{key: value for key, value in call.items() if key != "index"} for call in calls]
    outputs = [{"role": "tool", "tool_call_id": call["id"], "content": "yes"} for call in reversed(calls)]
    history = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "", "tool_calls": entries},
        *outputs,
    ]
    second = await asked(caller, *tools, messages=history)
    assert [one["type"] for one in answers_of(second)] == [
        "custom_tool_call_output",
        "local_shell_call_output",
        "apply_patch_call_output",
        "mcp_approval_response",
    ]
    sent = questions(simulator)[-1].body
    assert isinstance(sent, dict)
    ids = [item["call_id"] for item in sent["input"] if "call_id" in item]
    assert all(len(call_id) == 9 and call_id.isalnum() for call_id in ids)


async def test_a_call_that_was_never_answered_gets_an_output_of_its_kind(caller: Caller) -> None:
    (call,) = deltas(await asked(caller, {"type": "apply_patch"}))
    entry = {key: value for key, value in call.items() if key != "index"}
    history = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [entry]},
        {"role": "user", "content": "never mind"},
    ]
    second = await asked(caller, messages=history)
    assert second.finishes == ["stop"]


async def test_a_computer_call_goes_to_the_client_and_comes_back_in_words(caller: Caller, simulator: Simulator) -> None:
    (call,) = deltas(await asked(caller, COMPUTER))
    entry = {key: value for key, value in call.items() if key != "index"}
    shown = [{"type": "image_url", "image_url": {"url": PICTURE}}]
    history = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [entry]},
        {"role": "tool", "tool_call_id": call["id"], "content": shown},
    ]
    second = await asked(caller, messages=history)
    assert second.finishes == ["stop"]
    sent = questions(simulator)[-1].body
    assert isinstance(sent, dict)
    assert "click" in sent["input"][-2]["content"]
    assert sent["input"][-1]["content"][-1]["image_url"] == PICTURE


async def test_the_page_says_which_tool_was_asked_for(caller: Caller) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "go"}], "stream": True}
    reply = await caller.send({**body, "extra_tools": [{"type": "local_shell"}]}, Who.PAGE)
    assert "local" in reply.text
    assert "not available in this chat" in reply.text
    assert not reply.errors
