"""API clients name the host's tools, bring their own, or both."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, read_payload

LOOKUP = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object", "properties": {}}}}
ASKED = 'CALL add {"a": 1, "b": 2}\nCALL lookup {}'


async def add(a: int = 0, b: int = 0) -> int:
    return a + b


async def asked(
    caller: Caller,
    text: str,
    *,
    tools: list[Any],
    given: dict[str, Any],
    messages: list[Any] | None = None,
    **more: Any,
) -> Reply:
    """Ask as a client does; `given` is what the host hands over beside the body."""
    reply = Reply()
    question = {"role": "user", "content": text}
    body = {"model": "openrouter.sim/thoughtful-tools", "messages": messages or [question], "tools": tools, **more}
    call = caller.call({"stream": True, **body}, Who.API, reply)
    metadata = {**call["__metadata__"], **given.pop("__metadata__", {})}
    returned = await caller.service.pipe({**call, **given, "__metadata__": metadata})
    if isinstance(returned, AsyncIterator):
        async for payload in returned:
            reply.payloads.append(read_payload(payload))
    else:
        reply.returned = returned
    return reply


def calls_in(reply: Reply) -> list[dict[str, Any]]:
    """Return the calls that were handed over."""
    choices = [choice for one in reply.payloads if isinstance(one, dict) for choice in one.get("choices", ())]
    return [call for choice in choices for call in choice["delta"].get("tool_calls", ())]


@pytest.mark.parametrize("deferred", [False, True])
async def test_tools_the_host_put_into_the_request_are_run(caller: Caller, deferred: bool) -> None:
    """Where the model would have to search for them too: nobody runs the host's search for a client."""
    tools: dict[str, Any] = {"add": workspace("add", add)}
    found: dict[str, Any] = {"tools": tools, "tool_ids": ["adder"]}
    if deferred:
        search = {"tool_id": "builtin:search_tools", "type": "builtin", "spec": {"name": "search_tools"}}
        found = {**found, "tools": {**tools, "search_tools": search}, "deferred_tools": ["add"]}
    offered = in_body("search_tools") if deferred else in_body("add")
    reply = await asked(caller, 'CALL add {"a": 1, "b": 2}', tools=offered, given={"__metadata__": found})

    assert reply.text == "The tools gave 1 results: 3"
    assert reply.finishes == ["stop"]


@pytest.mark.parametrize(
    ("valves", "params"),
    [({"ADVANCED": "TOOL_EXECUTION_MODE=Open-WebUI"}, {}), ({}, {"tool_approval_mode": "ask"})],
    ids=["by the setting", "unapproved"],
)
async def test_tools_that_must_not_run_here_are_handed_over(
    caller: Caller, valves: dict[str, Any], params: dict[str, Any]
) -> None:
    caller.valves |= valves
    found = {"tools": {"add": workspace("add", add)}, "tool_ids": ["adder"], "params": params}
    reply = await asked(caller, "CALL add {}", tools=in_body("add"), given={"__metadata__": found})

    assert [call["function"]["name"] for call in calls_in(reply)] == ["add"]
    assert reply.finishes == ["tool_calls"]


async def test_a_round_of_both_continues_with_the_results_of_both(caller: Caller, simulator: Simulator) -> None:
    def given() -> dict[str, Any]:
        return {"__tools__": {"add": workspace("add", add)}, "__metadata__": {"tool_ids": ["adder"]}}

    reply = await asked(caller, ASKED, tools=[LOOKUP], given=given())
    (call,) = calls_in(reply)
    assert call["function"]["name"] == "lookup"
    assert reply.finishes == ["tool_calls"]
    more = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": reply.text, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "a fish"},
    ]
    again = await asked(caller, "", tools=[LOOKUP], given=given(), messages=more)

    assert again.finishes == ["stop"]
    outputs = [item["output"] for item in questions(simulator)[-1].body["input"] if item["type"].endswith("_output")]
    assert sorted(outputs) == ["3", "a fish"]


async def test_a_whole_answer_hands_over_what_is_the_clients(caller: Caller) -> None:
    given = {"__tools__": {"add": workspace("add", add)}, "__metadata__": {"tool_ids": ["adder"]}}
    reply = await asked(caller, ASKED, tools=[LOOKUP], given=given, stream=False)

    (choice,) = reply.returned["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["function"]["name"] for call in choice["message"]["tool_calls"]] == ["lookup"]
    assert "add" not in json.dumps(choice["message"]["tool_calls"])


async def test_own_tools_alone_are_handed_over(caller: Caller) -> None:
    reply = await asked(caller, "CALL lookup {}", tools=[LOOKUP], given={})

    assert [call["function"]["name"] for call in calls_in(reply)] == ["lookup"]
    assert reply.finishes == ["tool_calls"]
