"""Tools that upstream runs, through the whole pipe: an answer, stored, sent again, and logged if nobody knows them."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from domain.conversation.placeholders import unusable
from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.scenarios import streams
from entrypoints.simulator.scenarios.echoes import words_of
from entrypoints.simulator.scenarios.moves import Finish, Say, Think
from entrypoints.simulator.scenarios.server_tools import TEXT
from entrypoints.simulator.scenarios.server_works import FAMILIES
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions
from tests.entrypoints.openwebui.service.test_service_memory import settled

QUESTION = {"role": "user", "content": "What is it?"}
FURTHER = {"role": "user", "content": "And why?"}
THOUGHT = "I look it up."
LONG = "The bridge is red, as far as anybody can tell from here, and it is longer than most of the bridges around it."
UNKNOWN = "openrouter:from_the_future"


def body(model: str, *messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": f"openrouter.{model}", "stream": True, "messages": list(messages)}


async def continued(caller: Caller, simulator: Simulator, first: str, then: str) -> list[str]:
    """Ask one model and then another; return the types of the items in the second request."""
    reply = await caller.send(body(first, QUESTION), Who.API)
    assert not reply.errors
    await settled(caller.service)
    said = {"role": "assistant", "content": reply.text}
    again = await caller.send(body(then, QUESTION, said, FURTHER), Who.API)
    assert not again.errors
    return [item["type"] for item in simulator.records[-1].body["input"]]


@pytest.mark.parametrize("way", ["", "-terminal"])
@pytest.mark.parametrize("family", FAMILIES)
async def test_words_after_a_server_tool_arrive_whole(caller: Caller, family: str, way: str) -> None:
    reply = await caller.ask(f"sim/server-{family}{way}", who=Who.API)
    assert (reply.errors, reply.finishes) == ([], ["stop"])
    assert TEXT in reply.text


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("family", ["web-search", "code", "image", "fusion"])
async def test_an_answer_of_a_server_tool_alone_is_no_fault(caller: Caller, family: str, stream: bool) -> None:
    assert (await caller.ask(f"sim/server-{family}-only", stream=stream)).errors == []


async def test_a_server_tool_that_fails_without_words_is_named(caller: Caller) -> None:
    reply = await caller.ask("sim/server-fetch-failed", who=Who.API)
    (error,) = reply.errors
    assert "web_fetch: The tool broke." in str(error)


@pytest.mark.parametrize("family", ["web-search", "fetch", "fusion", "patch", "native-search", "sandbox"])
async def test_the_items_go_back_with_the_next_message(
    load: Callable[[], PipeService], simulator: Simulator, family: str
) -> None:
    caller = await Caller(load(), simulator.url).knows_the_models()
    slug = f"sim/server-{family}"
    kinds = {str(work.item["type"]) for work in FAMILIES[family]()}
    assert kinds <= set(await continued(caller, simulator, slug, slug))


def thinks_and_works(monkeypatch: pytest.MonkeyPatch, family: str) -> None:
    """Let the thinking model use a tool between its thought and its words."""
    used = (Think(words_of(THOUGHT)), *FAMILIES[family](), Say(words_of(LONG)), Finish())
    monkeypatch.setattr(streams, "thinking", lambda *_, **__: used)


@pytest.mark.parametrize("family", ["code", "image", "web-search"])
async def test_thinking_goes_back_with_what_it_led_to_also_beside_a_picture(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    thinks_and_works(monkeypatch, family)
    caller = await Caller(load(), simulator.url).knows_the_models()
    used = [str(work.item["type"]) for work in FAMILIES[family]()]
    sent = await continued(caller, simulator, "sim/thinking", "sim/thinking")
    assert sent == ["message", "reasoning", *used, "message", "message"]
    assert [record.status for record in questions(simulator)] == [200, 200]


async def test_an_edit_beside_a_picture_is_noticed(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    thinks_and_works(monkeypatch, "code")
    caller = await Caller(load(), simulator.url).knows_the_models()
    reply = await caller.send(body("sim/thinking", QUESTION), Who.API)
    await settled(caller.service)
    edited = {"role": "assistant", "content": reply.text.replace("red", "blue")}
    await caller.send(body("sim/thinking", QUESTION, edited, FURTHER), Who.API)
    _, said, _ = simulator.records[-1].body["input"]
    assert said["content"] == f"{unusable('image')}\n\n{LONG.replace('red', 'blue')}"


async def test_items_of_openrouters_tools_go_back_to_another_makers_model(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = await Caller(load(), simulator.url).knows_the_models()
    claude = "anthropic/claude-opus-5"
    assert "openrouter:web_fetch" in await continued(caller, simulator, "sim/server-fetch", claude)
    assert "web_search_call" not in await continued(caller, simulator, "sim/server-native-search", claude)


async def test_unknown_types_are_logged_once_with_the_version_of_the_tables(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "openrouter_pipe")
    for _ in range(2):
        assert (await caller.ask("sim/unknown-item", who=Who.API)).text.endswith(TEXT)
    lines = [record.getMessage() for record in caplog.records if "unknown_upstream_type" in record.getMessage()]
    assert len(lines) == 2
    assert [UNKNOWN in line for line in lines] == [False, True]
    assert all("1.3.84" in line for line in lines)


async def test_unknown_items_are_stored_but_never_sent(load: Callable[[], PipeService], simulator: Simulator) -> None:
    caller = Caller(load(), simulator.url)
    assert UNKNOWN not in await continued(caller, simulator, "sim/unknown-item", "sim/echo")
