"""Where thinking is shown, through the whole pipe: for a person in a chat only, and never at the price of memory."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, Reply
from tests.entrypoints.openwebui.service.test_service_memory import (
    FURTHER,
    QUESTION,
    body,
    settled,
    stored,
    thoughts,
)
from tests.entrypoints.openwebui.told import HostList

SENTENCE = "Two readings are possible."


def wishing(load: Callable[[], PipeService], simulator: Simulator, mode: str, **valves: Any) -> Caller:
    caller = Caller(load(), simulator.url, **valves)
    caller.user["valves"] = {"THINKING_OUTPUT_MODE": mode}
    return caller


def thought_lines(reply: Reply) -> list[str]:
    return [line["description"] for line in reply.statuses if "reading" in line["description"]]


def in_box(reply: Reply) -> str:
    native = [one for one in reply.payloads if isinstance(one, dict) and "type" in one]
    deltas = [choice["delta"] for one in reply.payloads if isinstance(one, dict) for choice in one.get("choices", ())]
    return HostList().take(native).thinking + "".join(delta.get("reasoning_content", "") for delta in deltas)


@pytest.mark.parametrize("mode", ["open_webui", "status", "both", "inherit", "nonsense"])
async def test_a_person_reads_thinking_where_they_want_it_and_the_model_gets_it_back(
    load: Callable[[], PipeService], simulator: Simulator, mode: str
) -> None:
    caller = wishing(load, simulator, mode)
    reply = await caller.send(body(QUESTION))
    await settled(caller.service)
    assert bool(thought_lines(reply)) is (mode in ("status", "both"))
    assert bool(in_box(reply)) is (mode != "status")
    assert reply.statuses[-1]["done"] is True
    again = await caller.send(body(QUESTION, stored(reply), FURTHER))
    assert not again.errors
    assert len(thoughts(simulator)) == 1


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("who", [Who.API, Who.TASK])
async def test_nobody_else_gets_status_lines_and_everybody_else_the_thinking_as_before(
    load: Callable[[], PipeService], simulator: Simulator, who: Who, stream: bool
) -> None:
    said = [
        await wishing(load, simulator, mode).send({**body(QUESTION), "stream": stream}, who)
        for mode in ("open_webui", "status")
    ]
    assert said[0].text == said[1].text != ""
    assert in_box(said[0]) == in_box(said[1])
    assert thought_lines(said[1]) == []
    assert said[1].statuses == said[0].statuses


@pytest.mark.parametrize("chat_id", ["channel:7", "automation:3"])
async def test_where_nobody_reads_a_status_line_the_thinking_stays_in_the_box(
    load: Callable[[], PipeService], simulator: Simulator, chat_id: str
) -> None:
    caller = wishing(load, simulator, "status")
    caller.ids = {"chat_id": chat_id, "session_id": chat_id}
    reply = await caller.send(body(QUESTION))
    assert SENTENCE in in_box(reply)
    assert thought_lines(reply) == []


async def test_an_operator_forbids_the_choice(load: Callable[[], PipeService], simulator: Simulator) -> None:
    caller = wishing(load, simulator, "status", ADVANCED="LOCKED_USER_SETTINGS=THINKING_OUTPUT_MODE")
    reply = await caller.send(body(QUESTION))
    assert SENTENCE in in_box(reply)
    assert thought_lines(reply) == []


@pytest.mark.parametrize("stream", [True, False])
async def test_the_closing_line_has_icons_if_the_operator_wants_them(
    load: Callable[[], PipeService], simulator: Simulator, stream: bool
) -> None:
    icons = "FINAL_USAGE_STATUS_STYLE=icons\nUSAGE_STATUS_ICON_SET=T C A I O H R"
    caller = Caller(load(), simulator.url, ADVANCED=icons)
    reply = await caller.send({**body(QUESTION), "stream": stream})
    assert reply.statuses[-1]["description"].startswith("T ")
    assert " | A " in reply.statuses[-1]["description"]
