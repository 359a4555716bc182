"""The contract of every Generations, against every available upstream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.generations import AioGenerations
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from entrypoints.simulator.server import running_simulator
from ports.generations import GenerationRecord, Generations, GenerationsUnavailable
from ports.response_events import ResponseEnded
from ports.responses import ResponsesBody, Route, UpstreamCall, UpstreamRequest
from tests.adapters.openrouter.scripted_upstream import scripted
from tests.doubles.telemetry import RecordedTelemetry

GENERATIONS: tuple[type[Generations], ...] = (AioGenerations,)


@pytest.fixture
async def pool() -> AsyncIterator[SessionPool]:
    pool = SessionPool(RecordedTelemetry())
    yield pool
    await pool.aclose()


@pytest.fixture
def generations(pool) -> Generations:
    return AioGenerations(pool, lambda: 20)


@asynccontextmanager
async def answering(status: int, value: object) -> AsyncIterator[Route]:
    async def serve(visit):
        if isinstance(value, bytes):
            await visit.answer(status, value)
        else:
            await visit.answer_json(value, status)

    async with scripted(serve) as upstream:
        yield Route(upstream.url, "key")


async def test_the_record_of_a_call_has_the_cost_of_its_answer(generations, pool):
    async with running_simulator(generation_delay=0) as simulator:
        route = Route(simulator.url, next(iter(simulator.keys)))
        body = ResponsesBody("sim/deltas-20", ({"type": "message", "role": "user", "content": "Hi"},))
        client = AioResponsesClient(pool, SystemClock(), RecordedTelemetry(), lambda: 20)
        async with client.attempt(UpstreamCall(route, UpstreamRequest(body))) as batches:
            events = [event async for batch in batches for event in batch]
        [end] = [event for event in events if isinstance(event, ResponseEnded)]
        record = await generations.find(route, simulator.records[-1].generation_id or "")
    assert record is not None
    assert (record.cost, record.input_tokens) == (end.usage.cost, end.usage.input_tokens)


async def test_an_unknown_call_has_no_record(generations):
    async with running_simulator(generation_delay=0) as simulator:
        route = Route(simulator.url, next(iter(simulator.keys)))
        assert await generations.find(route, "gen-unknown&id=other") is None
        assert await generations.find(route, "") is None


async def test_a_wrong_key_is_an_error_with_its_status_and_without_the_key(generations):
    async with running_simulator(generation_delay=0) as simulator:
        route = replace(Route(simulator.url, ""), api_key="sk-or-v1-wrong")
        with pytest.raises(GenerationsUnavailable) as caught:
            await generations.find(route, "gen-1")
    assert caught.value.status == 401
    assert "wrong" not in str(caught.value)


async def test_an_absent_upstream_is_an_error_without_status(generations):
    with pytest.raises(GenerationsUnavailable) as caught:
        await generations.find(Route("http://127.0.0.1:9/api/v1", "key"), "gen-1")
    assert caught.value.status is None


async def test_with_own_keys_the_provider_is_paid_beside_the_fee(generations):
    data = {"total_cost": 0.01, "upstream_inference_cost": "0.2", "is_byok": True, "provider_name": "P", "model": "a/b"}
    async with answering(200, {"data": data}) as route:
        record = await generations.find(route, "gen-1")
    paid: dict[str, Any] = {"cost": Decimal("0.01"), "upstream_cost": Decimal("0.2"), "is_byok": True}
    assert record == GenerationRecord("gen-1", **paid, model="a/b", provider="P")


@pytest.mark.parametrize("data", [{"total_cost": "-1"}, {"total_cost": True, "model": 7, "is_byok": "yes"}])
async def test_figures_of_a_wrong_kind_are_absent(generations, data):
    async with answering(200, {"data": data}) as route:
        assert await generations.find(route, "gen-1") == GenerationRecord("gen-1")


@pytest.mark.parametrize("value", [b"<html>", b"", b"x" * 300_000])
async def test_an_answer_that_is_no_record_is_an_error(generations, value):
    async with answering(200, value) as route:
        with pytest.raises(GenerationsUnavailable):
            await generations.find(route, "gen-1")


async def test_an_empty_answer_is_no_record(generations):
    async with answering(200, {"data": None}) as route:
        assert await generations.find(route, "gen-1") is None
