"""What the simulator says about an answer has the shape of the official SDK, and so has what clients get of it."""

from decimal import Decimal

import pytest
from openrouter.components import ChatResult, ChatStreamChunk, ChatUsage, OpenResponsesResult

from adapters.openrouter.wire.usage import read_usage
from domain.turn.steps import End, Reason
from entrypoints.openai.frames import usage_object
from ports.usage import Paid, Timing
from tests.entrypoints.simulator.reading import Caller

WANTED = {"X-OpenRouter-Metadata": "enabled"}


async def test_a_response_with_all_facts_fits_the_sdk(caller: Caller) -> None:
    reply = await caller.post("/responses", {"model": "sim/facts", "input": "Hi"}, headers=WANTED)
    read = OpenResponsesResult.model_validate(reply.json)
    assert read.openrouter_metadata is not None
    assert read.openrouter_metadata.attempts is not None
    assert [stage.name for stage in read.openrouter_metadata.pipeline or ()] == ["armor", "web_search"]
    assert read.alignment is not None
    assert [call.outcome for call in read.alignment.calls] == ["allowed", "unavailable"]
    assert read.safeguard_results is not None
    assert read.service_tier == "priority"
    assert read.usage is not None
    assert read.usage.server_tool_use_details is not None
    assert read.usage.server_tool_use_details.web_search_requests == 2


async def test_a_completion_and_its_last_chunk_with_all_facts_fit_the_sdk(caller: Caller) -> None:
    body = {"model": "sim/facts", "messages": [{"role": "user", "content": "Hi"}]}
    whole = ChatResult.model_validate((await caller.post("/chat/completions", body, headers=WANTED)).json)
    streamed = await caller.post("/chat/completions", {**body, "stream": True}, headers=WANTED)
    chunk = ChatStreamChunk.model_validate(streamed.last)
    for read in (whole, chunk):
        assert read.alignment is not None
        assert read.safeguard_results is not None
        assert read.openrouter_metadata is not None
        assert read.usage is not None
        assert read.usage.cost_details is not None
        assert read.usage.cost_details.server_tool_cost == 0.0125


async def test_the_cost_of_server_tools_is_charged_within_the_cost(caller: Caller) -> None:
    usage = (await caller.answer("sim/facts")).json["usage"]
    details = usage["cost_details"]
    assert usage["cost"] == pytest.approx(details["upstream_inference_cost"] + details["server_tool_cost"])


async def test_an_api_client_gets_usage_in_the_names_of_the_sdk(caller: Caller) -> None:
    read = read_usage((await caller.answer("sim/facts")).json["usage"])
    assert read is not None
    paid = Paid(read.cost or Decimal(0))
    told = ChatUsage.model_validate(usage_object(End(Reason.STOP, Timing(1.0), "id", usage=read, paid=paid)))
    assert told.cost_details is not None
    assert told.cost_details.server_tool_cost == 0.0125
    assert told.server_tool_use_details is not None
    assert told.server_tool_use_details.tool_calls_executed == 3
    assert told.cost == float(paid.total)
