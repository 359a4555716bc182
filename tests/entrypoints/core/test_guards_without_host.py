"""What a guard of upstream blocked, through the core alone: no host, no page."""

import sys
from dataclasses import replace

import pytest

from adapters.process.state import ENTRY
from domain.faults.causes import Guard
from domain.faults.fault import FaultKind
from domain.request.turn_request import Person
from entrypoints.core.caller_request import CallerRequest
from entrypoints.core.open_core import open_core
from entrypoints.core.storage_location import IN_MEMORY
from entrypoints.openai.completion import Collected, collect
from entrypoints.openai.errors import error_object
from entrypoints.sentences.languages import Language
from entrypoints.sentences.vocabulary import NEUTRAL
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from entrypoints.simulator.server import running_simulator

GUARDS = {
    "sim/guard-injection": Guard.PROMPT_INJECTION,
    "sim/guard-sensitive": Guard.SENSITIVE_INFO,
    "sim/guard-rail": Guard.GUARDRAIL,
    "sim/guard-alignment": Guard.ALIGNMENT,
    "sim/guard-unchecked": Guard.UNCHECKED,
    "sim/guard-armor-only": Guard.ARMOR,
    "sim/guard-armor-silent": Guard.ARMOR,
}


async def asked(model: str) -> Collected:
    async with running_simulator(generation_delay=0) as simulator:
        settings = Settings(api_key=Secret("sk-or-v1-simulator"), base_url=simulator.url)
        async with open_core(settings, IN_MEMORY) as core:
            await core.models.offered(settings)
            request = CallerRequest(model, ({"role": "user", "content": "Hi"},), person=Person("ann"))
            return await collect(core.turn(request, settings, await core.models.listing(settings))(None))


@pytest.mark.parametrize(("model", "guard"), GUARDS.items(), ids=GUARDS)
async def test_turn_ends_with_the_guard_as_its_cause(model: str, guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ENTRY, raising=False)
    collected = await asked(model)
    assert collected.text == {}
    assert collected.end is not None
    fault = collected.end.fault
    assert fault is not None
    assert (fault.kind, fault.cause) == (FaultKind.GUARDED, guard)
    english = error_object(fault, "00e1")
    german = error_object(replace(fault, detail=""), "00e1", NEUTRAL.spoken_in(Language.GERMAN))
    assert (english["code"], english["type"]) == (german["code"], german["type"])
    assert english["code"] == "blocked_by_guard"
    assert german["message"].endswith("[Fehler-ID 00e1]")
