"""Bad input of every kind: one clear fault whose id is also in the log; the model list still works."""

import json
import socket
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import ERROR_ID, Caller, Reply, questions
from tests.entrypoints.openwebui.told import HostList

MESSAGES = [{"role": "user", "content": "hello"}]
ECHO = {"model": "openrouter.sim/echo", "messages": MESSAGES}
SCENARIOS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "no key": ({"API_KEY": ""}, ECHO, "no_api_key", "No OpenRouter API key"),
    "wrong key": ({"API_KEY": "sk-or-v1-mistyped"}, ECHO, "invalid_api_key", "did not accept the API key"),
    "unknown model": ({}, {**ECHO, "model": "openrouter.nobody/nothing"}, "model_not_found", "does not know"),
    "no model": ({}, {"messages": MESSAGES}, "invalid_request", "model"),
    "filtered model": ({"MODEL_ID": "openai/*"}, ECHO, "model_not_allowed", "not offered here"),
    "plain http": ({"BASE_URL": "http://gateway.example/api/v1"}, ECHO, "invalid_base_url", "BASE_URL"),
    "no address": ({"BASE_URL": "openrouter"}, ECHO, "invalid_base_url", "BASE_URL"),
    "no messages": ({}, {"model": "openrouter.sim/echo"}, "invalid_messages", "messages"),
    "empty messages": ({}, {**ECHO, "messages": []}, "invalid_messages", "messages"),
    "messages of another kind": ({}, {**ECHO, "messages": {"role": "user"}}, "invalid_messages", "messages"),
    "malformed messages": ({}, {**ECHO, "messages": [None, 7, "hi", {"role": 3}]}, "invalid_messages", "messages"),
    "messages without words": (
        {},
        {**ECHO, "messages": [{"role": "user", "content": " "}]},
        "invalid_messages",
        "messages",
    ),
    "upstream refuses": ({}, {**ECHO, "model": "openrouter.sim/error-402"}, "insufficient_credits", "credits"),
    "upstream says nothing": ({}, {**ECHO, "model": "openrouter.sim/empty"}, "empty_answer", "without writing"),
}


def id_of(reply: Reply) -> str:
    """Return the one error id in the words of the fault."""
    (error_id,) = set(ERROR_ID.findall(reply.fault_words))
    return str(error_id)


@pytest.fixture(params=[*SCENARIOS.values()], ids=[*SCENARIOS])
def scenario(request: pytest.FixtureRequest, caller: Caller) -> tuple[dict[str, Any], str, str]:
    valves, body, kind, words = request.param
    caller.valves.update(valves)
    return body, kind, words


async def test_streaming_api_client_gets_one_error_object_that_names_the_cause(
    caller: Caller, scenario: tuple[dict[str, Any], str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body, kind, words = scenario
    reply = await caller.send({**body, "stream": True}, Who.API)

    (error,) = reply.errors
    assert error["code"] == kind
    assert words in error["message"]
    assert reply.text == ""
    await caller.service.aclose()
    assert error["error_id"] == id_of(reply)
    assert error["error_id"] in caplog.text


async def test_api_client_that_does_not_stream_gets_one_error_object_that_names_the_cause(
    caller: Caller, scenario: tuple[dict[str, Any], str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body, kind, words = scenario
    reply = await caller.send({**body, "stream": False}, Who.API)

    (error,) = reply.errors
    assert error["code"] == kind
    assert words in error["message"]
    await caller.service.aclose()
    assert id_of(reply) in caplog.text


async def test_person_gets_one_card_with_the_id(
    caller: Caller, scenario: tuple[dict[str, Any], str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body, _, words = scenario
    reply = await caller.send({**body, "stream": True})

    assert words in reply.fault_words
    assert len(reply.errors) <= 1
    assert reply.statuses[-1]["done"] is True
    await caller.service.aclose()
    assert id_of(reply) in caplog.text


async def test_failed_task_gets_a_neutral_answer_and_never_an_error_as_a_title(
    caller: Caller, scenario: tuple[dict[str, Any], str, str], caplog: pytest.LogCaptureFixture
) -> None:
    body, kind, _ = scenario
    if kind == "model_not_allowed":
        body = {**body, "model": "openrouter.nobody/nothing"}  # tasks may use any model
        kind = "model_not_found"
    reply = await caller.send({**body, "stream": False}, Who.TASK)

    assert (reply.text, reply.errors, reply.events) == ('{"title": "Chat"}', [], [])
    await caller.service.aclose()
    assert kind in caplog.text


async def test_model_list_never_breaks(caller: Caller, scenario: tuple[dict[str, Any], str, str]) -> None:
    for _ in range(3):
        entries = await caller.listed()
        assert entries
        assert all(entry["id"] and entry["name"] for entry in entries)


async def test_unreachable_upstream_is_reported_with_what_to_check(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        caller.valves["BASE_URL"] = f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"
        reply = await caller.ask("sim/echo", who=Who.API)

    assert [error["code"] for error in reply.errors] == ["upstream_unreachable"]
    assert "BASE_URL" in reply.fault_words
    await caller.service.aclose()
    assert id_of(reply) in caplog.text


@pytest.mark.parametrize(
    "valves",
    [
        {"MAX_CONCURRENT_REQUESTS": "many", "REASONING_EFFORT": 7, "LOG_LEVEL": [], "ADVANCED": "NONSENSE\nX=1"},
        {"HTTP_CONNECT_TIMEOUT_SECONDS": -1, "MODEL_ID": None, "SUPPORT_EMAIL": {}, "SHOW_FINAL_USAGE_STATUS": "?"},
    ],
)
async def test_invalid_stored_values_break_neither_list_nor_answer_and_are_logged(
    caller: Caller, valves: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caller.valves.update(valves)

    await caller.knows_the_models()
    assert (await caller.ask("sim/echo")).text == "You said: hello"
    assert "setting_not_used_as_given" in caplog.text


async def test_invalid_stored_value_is_logged_once(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caller.valves["MAX_CONCURRENT_REQUESTS"] = "many"
    for _ in range(3):
        await caller.listed()

    assert caplog.text.count("setting_not_used_as_given") == 1


@pytest.mark.parametrize(("role", "told"), [("admin", True), ("user", False)])
async def test_only_an_administrator_sees_an_invalid_value_reported_in_the_chat(
    caller: Caller, role: str, told: bool
) -> None:
    caller.valves["MAX_CONCURRENT_REQUESTS"] = "many"
    caller.user["role"] = role
    reply = await caller.ask("sim/echo")

    assert ("notification" in {event["type"] for event in reply.events}) is told


async def test_interrupted_stream_keeps_its_text_and_reports_one_fault(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    reply = await caller.ask("sim/cut-5")

    host = HostList().take(reply.payloads)
    assert host.text.split() == [f"w{number}" for number in range(5)]
    assert len(reply.errors) == 1
    await caller.service.aclose()
    assert id_of(reply) in caplog.text


async def test_card_of_an_interrupted_stream_is_below_the_text_for_a_person_who_does_not_stream(caller: Caller) -> None:
    reply = await caller.ask("sim/cut-5", stream=False)

    said, _, card = reply.text.partition("\n\n")
    assert said.split() == [f"w{number}" for number in range(5)]
    assert ERROR_ID.search(card)


async def test_wrong_key_is_shown_and_logged_nowhere(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caller.valves["API_KEY"] = "sk-or-v1-mistyped"
    reply = await caller.ask("sim/echo")
    await caller.service.aclose()

    assert "sk-or-v1-mistyped" not in f"{json.dumps(reply.payloads)} {reply.events} {caplog.text}"


async def test_nothing_reaches_upstream_for_a_request_that_cannot_be_sent(caller: Caller, simulator: Simulator) -> None:
    caller.valves["MODEL_ID"] = "openai/*"
    await caller.ask("sim/echo", who=Who.API)

    assert questions(simulator) == []
