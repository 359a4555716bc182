"""Tool calls that a prompt orders."""

from typing import Any

import orjson
import pytest

from tests.entrypoints.simulator.reading import Caller

TOOLS = [{"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}} for name in "ab"]
ORDERS = 'Do it.\nCALL a x2 r2 {"n": #}\nCALL b r3'


def turns(prompt: str, answered: int) -> list[dict[str, Any]]:
    """Return the input items of a chat: a prompt, and `answered` calls with their outputs."""
    items: list[dict[str, Any]] = [{"role": "user", "content": prompt}]
    for number in range(answered):
        items.append({"type": "function_call", "call_id": f"c{number}", "name": "a", "arguments": "{}"})
        items.append({"type": "function_call_output", "call_id": f"c{number}", "output": f"r{number}"})
    return items


async def called(caller: Caller, prompt: str, answered: int = 0) -> list[tuple[str, str]]:
    reply = await caller.stream("sim/tools", turns(prompt, answered), tools=TOOLS)
    items = reply.last["response"]["output"]
    return [(item["name"], item["arguments"]) for item in items if item["type"] == "function_call"]


async def test_calls_of_a_round_are_made_side_by_side(caller: Caller) -> None:
    assert await called(caller, ORDERS) == [("a", '{"n": 0}'), ("a", '{"n": 1}'), ("b", "{}")]


@pytest.mark.parametrize(("answered", "names"), [(3, "aab"), (6, "b"), (7, "")])
async def test_rounds_follow_the_outputs(caller: Caller, answered: int, names: str) -> None:
    assert "".join(name for name, _ in await called(caller, ORDERS, answered)) == names


async def test_line_may_begin_in_a_later_round(caller: Caller) -> None:
    prompt = "CALL a r2\nCALL b @2"
    assert ["".join(name for name, _ in await called(caller, prompt, answered)) for answered in (0, 1, 3)] == [
        "a",
        "ab",
        "",
    ]


async def test_arguments_are_sent_as_they_stand(caller: Caller) -> None:
    assert await called(caller, 'CALL gone {"torn": ') == [("gone", '{"torn":')]


async def test_results_are_quoted_after_the_last_round(caller: Caller) -> None:
    reply = await caller.stream("sim/tools", turns("CALL a x2", 2), tools=TOOLS)
    assert reply.text == "The tools gave 2 results: r0 | r1"


async def test_round_fails_when_ordered_once_its_calls_were_made(caller: Caller) -> None:
    reply = await caller.stream("sim/tools", turns("CALL a r2\nFAIL @2", 1), tools=TOOLS)
    assert reply.last["type"] == "response.failed"
    assert [item["type"] for item in reply.last["response"]["output"]] == ["function_call"]
    assert await called(caller, "CALL a r2\nFAIL @2") == [("a", "{}")]


async def test_answer_after_tools_fails_when_ordered(caller: Caller) -> None:
    reply = await caller.stream("sim/tools", turns("CALL a\nFAIL @2", 1), tools=TOOLS)
    assert (reply.text, reply.last["type"]) == ("This is", "response.failed")


async def test_model_that_thinks_does_so_before_each_round(caller: Caller) -> None:
    for answered, kinds in ((0, ["reasoning", "function_call"]), (1, ["reasoning", "message"])):
        reply = await caller.stream("sim/thoughtful-tools", turns("CALL a", answered), tools=TOOLS)
        assert [item["type"] for item in reply.last["response"]["output"]] == kinds


async def test_answer_after_tools_is_empty_when_ordered(caller: Caller) -> None:
    assert (await caller.stream("sim/tools", turns("CALL a\nSILENT", 1), tools=TOOLS)).text == ""


@pytest.mark.parametrize("other", [{}, {"tools": TOOLS, "tool_choice": "none"}])
async def test_no_tool_is_called_when_none_may_be(caller: Caller, other: dict[str, Any]) -> None:
    assert (await caller.stream("sim/tools", "CALL a", **other)).text.startswith("The tools gave 0 results")


async def test_background_task_about_orders_is_answered_as_a_task(caller: Caller) -> None:
    task = "### Task:\nGenerate a concise title.\n<chat_history>\nCALL a\n</chat_history>"
    assert "title" in orjson.loads((await caller.stream("sim/tools", task, tools=TOOLS)).text)
