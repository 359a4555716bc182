"""A chat whose stored turns upstream refuses is answered in the same message, and not refused again for that cause."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from adapters.process.state import ENTRY
from domain.request.turn_request import Caller as Who
from domain.services.remember_turn import TurnMemory
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.scenarios.makers import ITEMS as REFUSED_ITEMS
from entrypoints.simulator.scenarios.makers import THINKING, thoughts_in
from entrypoints.simulator.server import Simulator
from tests.adapters.openwebui.host_wrappers import in_body, workspace
from tests.entrypoints.openwebui.service.calling import IDS, Caller, Reply, questions
from tests.entrypoints.openwebui.service.test_service_memory import settled
from tests.entrypoints.openwebui.told import HostList

ENDPOINTS = ("responses", "chat_completions")
WAYS = ("", "-failed", "-event")


def asked(model: str, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": f"openrouter.{model}", "stream": True, "messages": list(messages), **more}


def question(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def stored(reply: Reply) -> dict[str, Any]:
    """The assistant's message as the newest page gives it back."""
    items = HostList().take(reply.payloads).items
    details = [entry for item in items for entry in item.get("reasoning_details", ())]
    return {"role": "assistant", "content": reply.text, "reasoning_details": details}


def statuses(simulator: Simulator) -> list[int | None]:
    return [record.status for record in questions(simulator)]


class Chat:
    """One chat: every question is sent with all that was said before, as the page does."""

    def __init__(self, caller: Caller, model: str, who: Who = Who.PAGE) -> None:
        self.caller, self.model, self.who = caller, model, who
        self.messages: list[dict[str, Any]] = []

    async def say(self, text: str) -> Reply:
        """Ask and keep the answer; the turn is settled afterwards."""
        self.messages.append(question(text))
        reply = await self.caller.send(asked(self.model, *self.messages), self.who)
        await settled(self.caller.service)
        answer = stored(reply) if self.who is Who.PAGE else {"role": "assistant", "content": reply.text}
        self.messages.append(answer)
        return reply


def caller_of(load: Callable[[], PipeService], simulator: Simulator, endpoint: str = "responses") -> Caller:
    return Caller(load(), simulator.url, DEFAULT_LLM_ENDPOINT=endpoint)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("scenario", [*THINKING, *(f"openai{way}" for way in WAYS if way), "anthropic-event"])
async def test_refused_thinking_is_left_out_at_once_and_in_later_messages(
    load: Callable[[], PipeService], simulator: Simulator, scenario: str, endpoint: str
) -> None:
    chat = Chat(caller_of(load, simulator, endpoint), f"sim/foreign-thinking-{scenario}")
    await chat.say("one")
    assert list(filter(None, thoughts_in(questions(simulator)[-1].body))) == []
    healed = await chat.say("two")
    assert (healed.text, healed.errors, len(questions(simulator))) == ("You said: two", [], 3)
    assert any("reasoning of earlier answers" in status["description"] for status in healed.statuses)
    later = await chat.say("three")
    assert (later.text, later.errors, len(questions(simulator))) == ("You said: three", [], 4)
    assert any("A later thought." in thought for thought in thoughts_in(questions(simulator)[-1].body))


async def test_an_api_client_that_sends_only_text_is_healed_too(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    chat = Chat(caller_of(load, simulator), "sim/foreign-thinking-azure", Who.API)
    for text in ("one", "two", "three"):
        reply = await chat.say(text)
        assert (reply.text, reply.errors) == (f"You said: {text}", [])
    assert len(questions(simulator)) == 4


async def test_the_mark_survives_a_restart(load: Callable[[], PipeService], simulator: Simulator) -> None:
    chat = Chat(caller_of(load, simulator), "sim/foreign-thinking-google")
    await chat.say("one")
    await chat.say("two")
    await chat.caller.service.aclose()
    sys.modules.pop(ENTRY, None)
    chat.caller = caller_of(load, simulator)
    assert (await chat.say("three")).errors == []
    assert statuses(simulator) == [200, 400, 200, 200]


@pytest.mark.parametrize("from_copy", [True, False])
async def test_a_copy_of_the_chat_is_marked_with_its_original(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch, from_copy: bool
) -> None:
    chat = Chat(caller_of(load, simulator), "sim/foreign-thinking-xai")
    await chat.say("one")
    branch = Chat(chat.caller, chat.model)
    branch.messages = list(chat.messages)
    monkeypatch.setitem(IDS, "chat_id", "a copy" if from_copy else "chat-1")
    await branch.say("two")
    monkeypatch.setitem(IDS, "chat_id", "chat-1" if from_copy else "a copy")
    reply = await chat.say("two, here")
    assert (reply.errors, len(questions(simulator))) == ([], 4)


async def test_a_chat_heals_each_time_if_marking_fails(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object) -> bool:
        return False

    monkeypatch.setattr(TurnMemory, "mark", failing)
    chat = Chat(caller_of(load, simulator), "sim/foreign-thinking-openai")
    await chat.say("one")
    for text in ("two", "three"):
        reply = await chat.say(text)
        assert (reply.text, reply.errors) == (f"You said: {text}", [])
    assert len(questions(simulator)) == 5


async def test_a_temporary_chat_is_marked_in_memory(
    load: Callable[[], PipeService], simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(IDS, "chat_id", "local:1")
    chat = Chat(caller_of(load, simulator), "sim/foreign-thinking-bedrock")
    for text in ("one", "two", "three"):
        assert (await chat.say(text)).errors == []
    assert len(questions(simulator)) == 4


async def test_refusal_without_any_thinking_in_the_request_is_shown(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    reply = await caller_of(load, simulator).ask("sim/error-400")
    assert (len(reply.errors) or bool(reply.fault_words), len(questions(simulator))) == (1, 1)


# --- items -----------------------------------------------------------------------------------------------------


async def use_tools(caller: Caller, model: str, *messages: dict[str, Any]) -> Reply:
    """Ask with a tool that adds, as the page does."""

    async def add(a: int = 0, b: int = 0) -> int:
        """Add two numbers."""
        return a + b

    reply = Reply()
    call = caller.call({**asked(model, *messages), "tools": in_body("add")}, Who.PAGE, reply)
    returned = await caller.service.pipe({**call, "__tools__": {"add": workspace("add", add)}})
    async for payload in returned:
        reply.payloads.append(payload)
    await settled(caller.service)
    return reply


ORDER = 'Add them.\nCALL add {"a": 1, "b": 2}'


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("scenario", [*REFUSED_ITEMS, "openai-failed", "openai-event"])
async def test_refused_items_go_as_text_of_the_same_turns_and_stay_text(
    load: Callable[[], PipeService], simulator: Simulator, scenario: str, endpoint: str
) -> None:
    caller, model = caller_of(load, simulator, endpoint), f"sim/plain-history-{scenario}"
    first = await use_tools(caller, model, question(ORDER))
    assert "results: 3" in first.text
    answer = stored(first)
    said = len(questions(simulator))
    second = await use_tools(caller, model, question(ORDER), answer, question("And now?"))
    assert (second.errors, len(questions(simulator)) - said) == ([], 2)
    assert "The tools gave 0 results" in second.text
    assert "[The tool add answered: 3]" in str(questions(simulator)[-1].body)
    third = await use_tools(
        caller, model, question(ORDER), answer, question("And now?"), stored(second), question("Still?")
    )
    assert (third.errors, len(questions(simulator)) - said) == ([], 3)
