"""What a guard of upstream blocked, as the page and API clients get it: named, never raw, never empty."""

from collections.abc import Callable

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from entrypoints.simulator.scenarios.guards import AFTER, BEFORE, REJECTED, TOOL
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions

BLOCKED = {
    "guard-injection": "took this request for a prompt injection",
    "guard-sensitive": "found sensitive information",
    "guard-rail": "A guardrail of the OpenRouter account blocked this request",
    "guard-alignment": "breaks a rule of the alignment check",
    "guard-unchecked": "could not judge it",
    "guard-armor-only": "OpenRouter Armor blocked",
    "guard-armor-silent": "OpenRouter Armor blocked",
    "server-armor-only": "OpenRouter Armor blocked",
}
RAW = ("openrouter_armor", "No deleting", REJECTED)


@pytest.mark.parametrize(("model", "words"), BLOCKED.items(), ids=BLOCKED)
@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
@pytest.mark.parametrize("stream", [True, False])
async def test_blocked_answer_is_one_named_fault(
    caller: Caller, simulator: Simulator, model: str, words: str, who: Who, stream: bool
) -> None:
    reply = await caller.ask(f"sim/{model}", who=who, stream=stream)
    assert words in reply.fault_words
    assert [error["code"] for error in reply.errors if "code" in error] == ["blocked_by_guard"] * (who is Who.API)
    assert not any(raw in f"{reply.payloads} {reply.returned} {reply.events}" for raw in RAW if raw != "No deleting")
    assert len(questions(simulator)) == 1


@pytest.mark.parametrize("who", [Who.PAGE, Who.API])
async def test_answer_goes_on_without_the_mark_of_a_withheld_call(
    caller: Caller, simulator: Simulator, who: Who
) -> None:
    reply = await caller.ask("sim/guard-armor", who=who)
    assert reply.text.split() == f"{BEFORE} {AFTER}".split()
    lines = [status["description"] for status in reply.statuses]
    assert (f"OpenRouter Armor blocked a call of the tool {TOOL}." in lines) is (who is Who.PAGE)
    history = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": "And now?"},
    ]
    await caller.send({"model": "openrouter.sim/echo", "messages": history, "stream": True}, who)
    assert not any(raw in str(questions(simulator)[-1].body) for raw in RAW)


async def test_german_person_reads_about_the_guard_in_german(caller: Caller) -> None:
    caller.ids = {"variables": {"{{USER_LANGUAGE}}": "de-DE"}}
    reply = await caller.ask("sim/guard-armor")
    expected = f"OpenRouter Armor hat einen Aufruf des Werkzeugs {TOOL} blockiert."
    assert expected in [status["description"] for status in reply.statuses]
    assert "Schutzregel des OpenRouter-Kontos" in (await caller.ask("sim/guard-rail")).fault_words


async def test_blocked_messages_pause_nobody_and_replace_no_model(
    load: Callable[[], PipeService], simulator: Simulator
) -> None:
    caller = Caller(load(), simulator.url, ADVANCED="BREAKER_MAX_FAILURES=1", FALLBACK_MODEL="sim/echo")
    for _ in range(4):
        reply = await caller.ask("sim/guard-alignment", who=Who.API)
        assert [error["code"] for error in reply.errors] == ["blocked_by_guard"]
    assert len(questions(simulator)) == 4
