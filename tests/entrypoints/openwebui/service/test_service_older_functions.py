"""Clients of the older form of tools give `functions`, get a `function_call` and send the result by its name."""

from typing import Any

import pytest

from domain.conversation.tool_names import legal
from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions

LOOK = {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}}
FIND = {**LOOK, "name": "find in.files"}
CALLED = {"name": "look", "arguments": "{}"}


async def asked(caller: Caller, *messages: Any, text: str = "CALL look {}", **more: Any) -> Reply:
    body = {"model": "openrouter.sim/thoughtful-tools", "stream": True, "functions": [LOOK, FIND], **more}
    return await caller.send({**body, "messages": [{"role": "user", "content": text}, *messages]}, Who.API)


def called(reply: Reply) -> list[dict[str, Any]]:
    choices = [choice for one in reply.payloads if isinstance(one, dict) for choice in one.get("choices", ())]
    return [choice["delta"]["function_call"] for choice in choices if "function_call" in choice["delta"]]


async def test_a_function_is_offered_and_its_call_streamed_in_the_older_form(
    caller: Caller, simulator: Simulator
) -> None:
    reply = await asked(caller)

    assert called(reply) == [CALLED]
    assert reply.finishes == ["function_call"]
    sent = questions(simulator)[-1].body
    assert next(tool["name"] for tool in sent["tools"]) == "look"
    assert sent["parallel_tool_calls"] is False


async def test_a_whole_answer_has_the_older_form_too(caller: Caller) -> None:
    reply = await asked(caller, stream=False, function_call={"name": "look"})

    (choice,) = reply.returned["choices"]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"] == CALLED
    assert choice["message"]["content"] is None
    assert "tool_calls" not in choice["message"]


async def test_a_call_has_the_clients_own_name(caller: Caller) -> None:
    sent = legal("find in.files")
    assert [call["name"] for call in called(await asked(caller, text=f"CALL {sent} {{}}"))] == ["find in.files"]


async def test_a_call_of_no_function_has_the_older_form_too(caller: Caller) -> None:
    reply = await asked(caller, text="CALL invented {}")
    assert ([call["name"] for call in called(reply)], reply.finishes) == (["invented"], ["function_call"])


async def test_an_answer_has_one_such_call(caller: Caller) -> None:
    """Whatever the model does: the form has one place, and the model asks again for the other."""
    text = "CALL look {}\nCALL look {}"
    assert called(await asked(caller, text=text)) == [CALLED]
    whole = await asked(caller, text=text, stream=False)
    assert whole.returned["choices"][0]["message"]["function_call"] == CALLED


async def test_the_result_reaches_the_model_by_the_name_of_the_function(caller: Caller, simulator: Simulator) -> None:
    history = ({"role": "assistant", "content": None, "function_call": CALLED},)
    reply = await asked(caller, *history, {"role": "function", "name": "look", "content": "a fish"})

    assert reply.text == "The tools gave 1 results: a fish"
    assert reply.finishes == ["stop"]
    kinds = [item["type"] for item in questions(simulator)[-1].body["input"]]
    assert kinds == ["message", "function_call", "function_call_output"]


@pytest.mark.parametrize("functions", [[], None, "x", [None, {"name": " "}, {}]])
async def test_no_function_is_no_tool(caller: Caller, simulator: Simulator, functions: Any) -> None:
    reply = await asked(caller, text="hello", functions=functions)

    assert reply.finishes == ["stop"]
    assert "tools" not in questions(simulator)[-1].body


async def test_tools_beside_functions_keep_the_newer_form(caller: Caller) -> None:
    reply = await asked(caller, tools=[{"type": "function", "function": LOOK}])

    assert called(reply) == []
    assert reply.finishes == ["tool_calls"]
