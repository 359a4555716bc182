"""From the host's call to upstream and back: answers for each kind of caller."""

import logging

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import KEY, Caller, questions
from tests.entrypoints.openwebui.told import HostList
from tests.patience import PATIENCE


async def test_first_listing_holds_the_models(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.services.list_models.PATIENCE", PATIENCE)
    assert "sim/echo" in {entry["id"] for entry in await caller.listed()}


async def test_api_client_gets_the_answer_in_chunks_with_one_finish_and_usage_last(caller: Caller) -> None:
    reply = await caller.ask("sim/echo", "repeat this", who=Who.API)

    assert reply.text == "You said: repeat this"
    assert reply.finishes == ["stop"]
    assert reply.payloads.pop() == "data: [DONE]\n\n"
    assert reply.payloads[-1]["choices"] == []
    assert reply.payloads[-1]["usage"]["total_tokens"] > 0


async def test_api_client_gets_no_events(caller: Caller) -> None:
    reply = await caller.ask("sim/citations", who=Who.API)

    assert reply.events == []


async def test_api_client_gets_every_delta_in_order(caller: Caller) -> None:
    reply = await caller.ask("sim/deltas-2000", who=Who.API)

    words = reply.text.split()
    assert words == [f"w{number}" for number in range(2000)]


async def test_person_gets_the_answer_as_items_and_the_usage_line_last(caller: Caller) -> None:
    reply = await caller.ask("sim/echo", "repeat this")

    assert reply.text == "You said: repeat this"
    assert reply.payloads[-1]["response"]["usage"]["total_tokens"] > 0
    assert reply.statuses[-1]["done"] is True
    assert "Total tokens" in reply.statuses[-1]["description"]


async def test_person_gets_every_word_in_order_in_far_fewer_pieces(caller: Caller) -> None:
    reply = await caller.ask("sim/deltas-2000")

    assert reply.text.split() == [f"w{number}" for number in range(2000)]
    assert len(reply.payloads) < 200


async def test_person_sees_thinking_apart_from_the_answer(caller: Caller) -> None:
    reply = await (await caller.knows_the_models()).ask("sim/thinking")

    host = HostList().take(reply.payloads)
    assert [item["type"] for item in host.items] == ["reasoning", "message"]
    assert host.thinking
    assert "duration" in host.items[0]


async def test_person_gets_sources_as_events(caller: Caller) -> None:
    reply = await caller.ask("sim/citations")

    sources = [event["data"]["source"]["url"] for event in reply.events if event["type"] == "source"]
    assert sources == ["https://example.com/bridges", "https://example.org/rust?page=2"]


async def test_person_can_turn_off_the_usage_line(caller: Caller) -> None:
    caller.user["valves"] = {"SHOW_FINAL_USAGE_STATUS": "false"}

    reply = await caller.ask("sim/echo")
    assert "Total tokens" not in str(reply.statuses)


async def test_caller_that_does_not_stream_gets_one_completion(caller: Caller) -> None:
    reply = await caller.ask("sim/echo", "in one piece", who=Who.API, stream=False)

    assert reply.returned["object"] == "chat.completion"
    assert reply.text == "You said: in one piece"
    assert reply.returned["usage"]["total_tokens"] > 0


async def test_task_gets_one_completion_and_leaves_no_trace_in_the_chat(caller: Caller, simulator: Simulator) -> None:
    reply = await caller.ask("sim/thinking", "### Task:\nGenerate a title", who=Who.TASK, stream=False)

    assert "reasoning_content" not in reply.returned["choices"][0]["message"]
    assert reply.events == []
    (record,) = questions(simulator)
    assert record.body.get("stream") is not True


async def test_preset_of_a_model_is_sent_under_its_slug(caller: Caller, simulator: Simulator) -> None:
    await caller.ask("sim/echo:free")

    assert [record.model for record in questions(simulator)] == ["sim/echo:free"]


async def test_dot_form_of_a_slug_is_an_alias(caller: Caller, simulator: Simulator) -> None:
    reply = await (await caller.knows_the_models()).ask("sim.echo")

    assert reply.text == "You said: hello"
    assert [record.model for record in questions(simulator)] == ["sim/echo"]


async def test_lone_surrogates_and_huge_numbers_of_a_client_do_no_harm(caller: Caller) -> None:
    reply = await caller.ask("sim/echo", "a\ud83d b", who=Who.API, max_tokens=10**400, temperature=None)

    assert reply.errors == []
    assert reply.text.startswith("You said: a")


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_nothing_secret_is_in_the_log(caller: Caller, who: Who, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "openrouter_pipe")
    caller.valves["LOG_LEVEL"] = "DEBUG"
    await caller.ask("sim/echo", "a private question", who=who)
    await caller.service.aclose()

    assert "turn_ended" in caplog.text
    assert KEY not in caplog.text
    assert "private" not in caplog.text
