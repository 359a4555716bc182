"""A repair removes what a refusal names; a round with tools is retried like the first; daily limits are not retried."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.entrypoints.openwebui.service.calling import Caller, Reply, questions, read_payload

ENDPOINTS = ("responses", "chat_completions")
CLAUDE, GPT = "anthropic/claude-haiku-4.5", "openai/gpt-4o-mini"


@pytest.fixture(params=ENDPOINTS)
def any_endpoint(request: pytest.FixtureRequest, load: Callable[[], PipeService], simulator: Simulator) -> Caller:
    return Caller(load(), simulator.url, DEFAULT_LLM_ENDPOINT=request.param, ENABLE_REASONING=False)


def bodies(simulator: Simulator) -> list[dict[str, Any]]:
    return [record.body for record in questions(simulator)]


def lines(reply: Reply) -> str:
    return " | ".join(status["description"] for status in reply.statuses)


async def with_tools(caller: Caller, model: str, text: str, runs: list[str], *names: str, **more: Any) -> Reply:
    """Ask with tools of the workspace that note their runs."""

    def tool(name: str) -> Callable[..., Any]:
        async def run(a: int = 0, b: int = 0) -> int:
            runs.append(name)
            return a + b

        return run

    definitions = [entry for name in names for entry in in_body(name)]
    reply = Reply()
    message = {"role": "user", "content": text}
    asked = {"model": f"openrouter.{model}", "stream": True, "messages": [message], "tools": definitions, **more}
    call = caller.call(asked, Who.PAGE, reply)
    returned = await caller.service.pipe({**call, "__tools__": {name: workspace(name, tool(name)) for name in names}})
    assert isinstance(returned, AsyncIterator)
    async for payload in returned:
        reply.payloads.append(read_payload(payload))
    return reply


# --- what a refusal names --------------------------------------------------------------------------------------


async def test_of_two_parameters_that_exclude_each_other_one_is_left_out(
    any_endpoint: Caller, simulator: Simulator
) -> None:
    await any_endpoint.knows_the_models()
    reply = await any_endpoint.ask(CLAUDE, "hello", temperature=0.5, top_p=0.9)
    assert (reply.text, reply.errors) == ("You said: hello", [])
    assert [("temperature" in body, "top_p" in body) for body in bodies(simulator)] == [(True, True), (True, False)]


async def test_a_blank_stop_text_is_left_out(any_endpoint: Caller, simulator: Simulator) -> None:
    await any_endpoint.knows_the_models()
    reply = await any_endpoint.ask(CLAUDE, "hello", stop=["\n", "END"])
    assert (reply.text, reply.errors) == ("You said: hello", [])
    assert [body.get("stop") for body in bodies(simulator)] == [["\n", "END"], ["END"]]


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_the_output_limit_is_lowered_to_what_the_balance_affords(
    any_endpoint: Caller, simulator: Simulator, who: Who
) -> None:
    reply = await any_endpoint.ask("sim/poor-3919", "hello", who=who)
    assert (reply.text, reply.errors) == ("You said: hello", [])
    first, second = bodies(simulator)
    names = ("max_output_tokens", "max_completion_tokens", "max_tokens")
    assert [first.get(name) for name in names] == [None] * 3
    assert 3919 in [second.get(name) for name in names]
    assert ("3919" in lines(reply)) is (who is Who.PAGE)


async def test_a_tool_whose_schema_is_refused_is_left_out_by_name(any_endpoint: Caller, simulator: Simulator) -> None:
    runs: list[str] = []
    order = 'CALL add {"a": 1, "b": 2}'
    reply = await with_tools(any_endpoint, "sim/picky-tools", order, runs, "add", "cursed_tool")
    assert ("results: 3" in reply.text, reply.errors, runs) == (True, [], ["add"])
    assert "left out: cursed_tool" in lines(reply)
    assert [len(body["tools"]) for body in bodies(simulator)] == [2, 2, 1, 1]


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_fields_that_a_provider_does_not_take_are_left_out_one_by_one_and_the_rest_is_sent(
    any_endpoint: Caller, simulator: Simulator, who: Who
) -> None:
    asked: dict[str, Any] = {
        "trace": {"trace_id": "t"},
        "prompt": {"id": "p"},
        "provider": {"order": ["openai"], "options": {"openai": {"x": 1}}},
        "temperature": 0.5,
    }
    reply = await any_endpoint.ask("sim/picky-fields", "hello", who=who, **asked)
    assert (reply.text, reply.errors) == ("You said: hello", [])
    first, *_, last = bodies(simulator)
    assert first["trace"] == {"trace_id": "t"}
    assert first["provider"]["options"] == {"openai": {"x": 1}}
    kept = (last.get("trace"), last.get("prompt"), last["provider"], last["temperature"])
    assert kept == (None, None, {"order": ["openai"]}, 0.5)


# --- rounds ----------------------------------------------------------------------------------------------------


async def test_where_no_provider_takes_tools_the_message_goes_without_them(
    any_endpoint: Caller, simulator: Simulator
) -> None:
    runs: list[str] = []
    reply = await with_tools(any_endpoint, "sim/without-tools", "hello", runs, "add", "look")
    assert (reply.text.strip(), reply.errors, runs) == ("You said: hello", [], [])
    assert "accepts tools; sending the message without them" in lines(reply)
    assert [len(body.get("tools") or ()) for body in bodies(simulator)] == [2, 0]


async def test_a_model_that_takes_no_system_messages_reads_their_words_and_is_known_from_then_on(
    any_endpoint: Caller, simulator: Simulator
) -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello"}]
    for _ in range(2):
        reply = await any_endpoint.send(
            {"model": "openrouter.sim/without-system", "stream": True, "messages": messages}
        )
        assert "hello" in reply.text
        assert reply.errors == []
    refused, *taken = (str(body) for body in bodies(simulator))
    assert "system" in refused
    assert [("Be kind." in body, "'role': 'system'" in body) for body in taken] == [(True, False)] * 2


async def test_a_call_that_the_caller_demands_is_not_given_up(any_endpoint: Caller, simulator: Simulator) -> None:
    reply = await with_tools(any_endpoint, "sim/without-tools", "hello", [], "add", tool_choice="required")
    assert "support tool use" in reply.fault_words
    assert all(body["tools"] for body in bodies(simulator))


@pytest.mark.parametrize("status", [429, 502, 503])
async def test_a_passing_refusal_after_tools_is_retried_and_no_tool_runs_again(
    any_endpoint: Caller, simulator: Simulator, status: int
) -> None:
    runs: list[str] = []
    order = f'CALL add {{"a": 1, "b": 2}}\nREFUSE {status} @2'
    reply = await with_tools(any_endpoint, "sim/tools", order, runs, "add")
    assert ("results: 3" in reply.text, reply.errors, runs) == (True, [], ["add"])
    assert [record.status for record in questions(simulator)] == [200, status, 200]
    assert "Trying again" not in lines(reply)  # upstream asks for a second at most


async def test_every_round_may_be_refused_once(any_endpoint: Caller, simulator: Simulator) -> None:
    runs: list[str] = []
    order = 'CALL add r2 {"a": 1, "b": 2}\nREFUSE 503 @1\nREFUSE 503 @2\nREFUSE 503 @3'
    reply = await with_tools(any_endpoint, "sim/tools", order, runs, "add")
    assert ("2 results: 3 | 3" in reply.text, reply.errors, runs) == (True, [], ["add", "add"])
    assert [record.status for record in questions(simulator)] == [503, 200, 503, 200, 503, 200]


async def test_a_failure_after_words_of_the_round_is_not_repeated(any_endpoint: Caller, simulator: Simulator) -> None:
    runs: list[str] = []
    await with_tools(any_endpoint, "sim/tools", 'CALL add {"a": 1}\nFAIL @2', runs, "add")
    assert (len(questions(simulator)), runs) == (2, ["add"])


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "add"}}])
async def test_a_call_is_forced_in_the_first_round_only(
    any_endpoint: Caller, simulator: Simulator, choice: Any
) -> None:
    runs: list[str] = []
    reply = await with_tools(any_endpoint, "sim/tool-call", "go", runs, "add", tool_choice=choice)
    assert reply.errors == []
    first, *others = (body.get("tool_choice") for body in bodies(simulator))
    assert first not in (None, "auto", "none")
    assert others in (["auto"], [None])


# --- limits of a day -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["sim/daily-event", "sim/error-429-daily"])
async def test_a_daily_limit_is_not_retried_and_its_end_is_named(
    any_endpoint: Caller, simulator: Simulator, scenario: str
) -> None:
    reply = await any_endpoint.ask(scenario)
    assert len(questions(simulator)) == 1
    assert "daily limit" in reply.fault_words
    assert "Try again tomorrow, 00:00 UTC" in reply.fault_words
    assert "Wait a little" not in reply.fault_words
    assert "Try again in" not in reply.fault_words
