"""Clients exclude thinking from answers, and write the effort as they like."""

from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.simulator.server import Simulator
from tests.entrypoints.openwebui.service.calling import Caller, questions

EXCLUDED = [{"reasoning": {"exclude": True}}, {"reasoning": {"effort": "high", "exclude": True}}]
EXCLUDED += [{"include_reasoning": False}]


async def thought_in(caller: Caller, *, stream: bool, **asked: Any) -> str:
    reply = await caller.ask("sim/thinking", who=Who.API, stream=stream, **asked)
    assert reply.text == "The second reading is right."
    if not stream:
        return str(reply.returned["choices"][0]["message"].get("reasoning_content", ""))
    choices = [choice for one in reply.payloads if isinstance(one, dict) for choice in one["choices"]]
    return "".join(choice["delta"].get("reasoning_content", "") for choice in choices)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("asked", EXCLUDED, ids=str)
async def test_excluded_thinking_is_not_in_the_answer(caller: Caller, asked: dict[str, Any], stream: bool) -> None:
    await caller.knows_the_models()
    assert await thought_in(caller, stream=stream, **asked) == ""


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("asked", [{}, {"reasoning": {"exclude": False}}, {"include_reasoning": True}], ids=str)
async def test_other_thinking_is_in_the_answer(caller: Caller, asked: dict[str, Any], stream: bool) -> None:
    await caller.knows_the_models()
    assert await thought_in(caller, stream=stream, **asked)


async def test_thinking_is_excluded_from_the_answer_alone(caller: Caller, simulator: Simulator) -> None:
    await caller.knows_the_models()
    await thought_in(caller, stream=True, reasoning={"effort": "high", "exclude": True})
    assert questions(simulator)[-1].body["reasoning"]["effort"] == "high"


@pytest.mark.parametrize("asked", [{"reasoning_effort": "High"}, {"reasoning": {"effort": " HIGH "}}], ids=str)
async def test_an_effort_is_read_in_any_case(caller: Caller, simulator: Simulator, asked: dict[str, Any]) -> None:
    await caller.knows_the_models()
    await thought_in(caller, stream=True, **asked)
    assert questions(simulator)[-1].body["reasoning"]["effort"] == "high"
