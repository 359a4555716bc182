"""A rejected request is repaired and answered; the next request is right at once."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from domain.request.turn_request import Caller as Who
from entrypoints.openwebui.service import PipeService
from tests.adapters.openrouter.scripted_upstream import ScriptedUpstream, Visit, a_short_answer, scripted
from tests.entrypoints.openwebui.service.calling import Caller

MODEL = {
    "id": "maker/thinker",
    "name": "Thinker",
    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0.001", "completion": "0.001"},
    "supported_parameters": ["reasoning", "temperature", "max_tokens"],
    "reasoning": {"mandatory": False, "supported_efforts": None},
}


async def strict(visit: Visit) -> None:
    """Know models that take low and high efforts and no temperature."""
    if visit.asked.method == "GET":
        await visit.answer_json(
            {"data": [MODEL, {**MODEL, "id": "maker/other"}] if visit.asked.target.endswith("/models") else {}}
        )
        return
    body = visit.asked.json
    complaint = ""
    if body.get("reasoning", {}).get("effort") not in ("low", "high"):
        complaint = "Unsupported value for reasoning.effort; supported values are: 'low' and 'high'."
    elif "temperature" in body:
        complaint = "Unsupported parameter: 'temperature' is not supported with this model."
    if complaint:
        await visit.answer_json({"error": {"message": complaint, "code": 400}}, 400)
    else:
        await a_short_answer(visit)


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with scripted(strict) as running:
        yield running


@pytest.fixture
async def thinker(load: Callable[[], PipeService], upstream: ScriptedUpstream) -> Caller:
    return await Caller(load(), upstream.url).knows_the_models()


def sent(upstream: ScriptedUpstream) -> list[dict[str, Any]]:
    return [visit.asked.json for visit in upstream.visits if visit.asked.method == "POST"]


async def test_rejected_effort_is_replaced_by_the_nearest_with_a_status(
    thinker: Caller, upstream: ScriptedUpstream
) -> None:
    reply = await thinker.ask("maker/thinker", reasoning_effort="xhigh")

    assert reply.text == "Hello"
    assert [body["reasoning"]["effort"] for body in sent(upstream)] == ["xhigh", "high"]
    words = "Changing the reasoning effort from xhigh to high, which the model accepts…"
    assert words in [status["description"] for status in reply.statuses]


async def test_second_request_is_right_at_once_where_the_refused_part_was_ours_to_choose(
    thinker: Caller, upstream: ScriptedUpstream
) -> None:
    await thinker.ask("maker/thinker")
    first = [body["reasoning"]["effort"] for body in sent(upstream)]
    await thinker.ask("maker/thinker")

    assert first == ["medium", "low"]
    assert [body["reasoning"]["effort"] for body in sent(upstream)[2:]] == ["low"]


async def test_what_the_caller_named_is_asked_for_again_in_the_second_request(
    thinker: Caller, upstream: ScriptedUpstream
) -> None:
    await thinker.ask("maker/thinker", reasoning_effort="xhigh", temperature=0.5)
    first = len(sent(upstream))
    await thinker.ask("maker/thinker", who=Who.API, reasoning_effort="xhigh", temperature=0.5)

    assert first == 3
    assert len(sent(upstream)) == 6
    assert [body["reasoning"]["effort"] for body in sent(upstream)[3:]] == ["xhigh", "high", "high"]
    assert "temperature" not in sent(upstream)[-1]


async def test_lesson_about_one_effort_does_not_affect_others(thinker: Caller, upstream: ScriptedUpstream) -> None:
    await thinker.ask("maker/thinker", reasoning_effort="xhigh")
    await thinker.ask("maker/thinker", reasoning_effort="low")

    assert sent(upstream)[-1]["reasoning"]["effort"] == "low"


async def test_api_client_gets_the_answer_without_a_status_about_repairs(thinker: Caller) -> None:
    reply = await thinker.ask("maker/thinker", who=Who.API, reasoning_effort="max", temperature=1)

    assert (reply.text, reply.errors, reply.events) == ("Hello", [], [])
