"""Rounds of tools that add up stay within the model, and a refusal for length is mended, at both endpoints."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.scenarios.makers import LENGTHS
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, read_payload

ROWS = "".join(f"row {number}: a result of the tool\n" for number in range(200))
TOKENS = len(ROWS) // 4
NOTE = "characters left out here"
ENDPOINTS = ("responses", "chat_completions")


@pytest.fixture(params=ENDPOINTS)
async def caller(request: pytest.FixtureRequest, load: Callable[[], PipeService], simulator: Simulator) -> Caller:
    """Give a caller in a temporary chat: many calls in a row depend on no disk."""
    made = Caller(load(), simulator.url, DEFAULT_LLM_ENDPOINT=request.param)
    made.ids |= {"chat_id": "local:1"}
    return await made.knows_the_models()


async def ask(caller: Caller, model: str, text: str, who: Who = Who.PAGE) -> Reply:
    """Ask with a tool that returns much, as the page does."""

    async def look(a: int = 0, b: int = 0) -> str:
        """Look it up."""
        return f"look {a}: {ROWS[: b or len(ROWS)]}"

    reply = Reply()
    body = {"model": f"openrouter.{model}", "stream": True, "messages": [{"role": "user", "content": text}]}
    call = caller.call({**body, "tools": in_body("look")}, who, reply)
    async for payload in await caller.service.pipe({**call, "__tools__": {"look": workspace("look", look)}}):
        reply.payloads.append(read_payload(payload))
    return reply


def results(body: dict[str, Any]) -> list[str]:
    """Return the results of the tool in a request, at either endpoint."""
    if "messages" in body:
        return [str(one["content"]) for one in body["messages"] if one["role"] == "tool"]
    return [str(item["output"]) for item in body["input"] if item["type"] == "function_call_output"]


def refused(simulator: Simulator) -> int:
    return sum(record.status == 400 for record in questions(simulator))


def lines(reply: Reply) -> list[str]:
    return [status["description"] for status in reply.statuses]


ROUNDS = 'Look often.\nCALL look r12 {"a": #}'


async def test_rounds_that_add_up_are_never_refused_by_a_model_with_a_small_context(
    caller: Caller, simulator: Simulator
) -> None:
    assert 12 * TOKENS > 2 * 8000
    reply = await ask(caller, "sim/context-8000", ROUNDS)
    assert ("The tools gave 12 results" in reply.text, reply.errors, refused(simulator)) == (True, [], 0)
    sent = results(questions(simulator)[-1].body)
    assert len(sent) == 12
    assert sent[-1].endswith(ROWS)
    assert NOTE in sent[0]
    told = [line for line in lines(reply) if line.startswith("Shortened ")]
    assert set(told) == {told[0]}
    assert "so that the chat fits the model." in told[0]


async def test_what_was_shortened_stays_the_same_in_most_rounds(caller: Caller, simulator: Simulator) -> None:
    await ask(caller, "sim/context-8000", 'Look often.\nCALL look r24 {"a": #, "b": 1500}')
    sent = [results(record.body) for record in questions(simulator)]
    same = sum(after[: len(before)] == before for before, after in pairwise(sent))
    assert NOTE in str(sent[-1])
    assert (len(sent), refused(simulator)) == (25, 0)
    assert same >= 16


async def test_one_result_larger_than_half_the_model_replaces_earlier_ones(
    caller: Caller, simulator: Simulator
) -> None:
    reply = await ask(caller, "sim/context-8000", 'Look.\nCALL look r2 {"a": 1}\nCALL look @3 {"a": 2}')
    assert reply.errors == []
    assert all(result.endswith(ROWS) for result in results(questions(simulator)[-1].body))


@pytest.mark.parametrize(
    "scenario",
    [f"narrow-8000-{maker}" for maker in LENGTHS] + ["narrow-8000-openai-failed", "narrow-8000-openai-event"],
)
async def test_a_refusal_for_length_is_mended_before_anything_is_shown(
    caller: Caller, simulator: Simulator, scenario: str
) -> None:
    reply = await ask(caller, f"sim/{scenario}", ROUNDS)
    assert ("The tools gave 12 results" in reply.text, reply.errors) == (True, [])
    refusals = refused(simulator) or sum(record.status == 200 for record in questions(simulator)) - 13
    assert 1 <= refusals <= 3
    assert results(questions(simulator)[-1].body)[-1].endswith(ROWS)


async def test_the_next_message_to_a_model_that_refused_is_short_enough_at_once(
    caller: Caller, simulator: Simulator
) -> None:
    await ask(caller, "sim/narrow-8000-anthropic", ROUNDS)
    before = refused(simulator)
    reply = await ask(caller, "sim/narrow-8000-anthropic", ROUNDS)
    assert ("The tools gave 12 results" in reply.text, refused(simulator)) == (True, before)


@pytest.mark.parametrize("model", ["sim/context-8000", "sim/narrow-8000-anthropic"])
async def test_an_api_client_that_runs_its_tools_gets_the_answer_without_a_word_about_it(
    caller: Caller, simulator: Simulator, model: str
) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Look often."}]
    for number in range(8):
        function = {"name": "look", "arguments": "{}"}
        messages += [
            {"role": "assistant", "tool_calls": [{"id": f"call_{number}", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": f"call_{number}", "content": ROWS},
        ]
    body = {"model": f"openrouter.{model}", "stream": True, "messages": messages, "tools": in_body("look")}
    reply = await caller.send(body, Who.API)
    assert ("The tools gave 8 results" in reply.text, reply.errors, reply.events) == (True, [], [])
    sent = results(questions(simulator)[-1].body)
    assert (len(sent), sent[-1], NOTE in sent[0]) == (8, ROWS, True)


@pytest.mark.parametrize("model", ["sim/context-8000", "sim/narrow-8000-openrouter"])
async def test_words_of_a_person_are_never_shortened_and_the_fault_names_what_to_do(
    caller: Caller, simulator: Simulator, model: str
) -> None:
    reply = await ask(caller, model, ROWS * 6)
    assert "The conversation is longer than this model can read" in reply.fault_words
    (only,) = questions(simulator)
    assert ROWS * 5 in str(only.body).replace("\\n", "\n")
