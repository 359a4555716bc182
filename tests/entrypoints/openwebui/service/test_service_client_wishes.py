"""What API clients ask of the form of an answer: never a wrong answer without a word."""

from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
JSON = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
REFUSAL = "I can not help with that."


def said(reply: Reply, key: str) -> str:
    """Join what the deltas of a stream, or the message of a whole answer, have under a key."""
    if reply.returned is not None:
        return str(reply.returned["choices"][0]["message"].get(key) or "")
    choices = [choice for one in reply.payloads if isinstance(one, dict) for choice in one.get("choices", ())]
    return "".join(choice["delta"].get(key) or "" for choice in choices)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("n", [2, "3", 2.0])
async def test_several_answers_are_refused_in_words(
    caller: Caller, simulator: Simulator, n: object, *, stream: bool
) -> None:
    reply = await caller.ask("sim/echo", who=Who.API, stream=stream, n=n)

    assert "several answers" in reply.fault_words
    assert [error["type"] for error in reply.errors] == ["invalid_request_error"]
    assert questions(simulator) == []


@pytest.mark.parametrize("n", [1, "1", None, 0, -1, "many", True])
async def test_one_answer_is_given(caller: Caller, n: object) -> None:
    assert (await caller.ask("sim/echo", who=Who.API, n=n)).text == "You said: hello"


async def test_the_page_gets_its_answer(caller: Caller) -> None:
    assert "hello" in (await caller.ask("sim/echo", n=2)).text


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_refusal_stands_apart_from_an_answer_that_is_parsed(caller: Caller, *, stream: bool) -> None:
    reply = await caller.ask("sim/refusal", who=Who.API, stream=stream, response_format=JSON)

    assert (said(reply, "content"), said(reply, "refusal")) == ("", REFUSAL)
    if not stream:
        assert reply.returned["choices"][0]["message"]["content"] is None


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_a_refusal_is_text_where_text_is_read(caller: Caller, *, stream: bool) -> None:
    reply = await caller.ask("sim/refusal", who=Who.API, stream=stream)
    assert (said(reply, "content"), said(reply, "refusal")) == (REFUSAL, "")


@pytest.mark.parametrize("who", [Who.PAGE, Who.TASK])
async def test_a_person_reads_a_refusal_in_any_format(caller: Caller, who: Who) -> None:
    reply = await caller.ask("sim/refusal", who=who, stream=who is Who.PAGE, response_format=JSON)
    assert REFUSAL in reply.text


@pytest.mark.parametrize("content", [42, 4.5, True])
async def test_a_bare_value_is_a_message(caller: Caller, simulator: Simulator, content: Any) -> None:
    body = {"model": "openrouter.sim/echo", "messages": [{"role": "user", "content": content}], "stream": True}
    assert (await caller.send(body, Who.API)).errors == []
    (item,) = questions(simulator)[-1].body["input"]
    assert item["content"] == [{"type": "input_text", "text": str(content).lower()}]
