"""The contract of every UpstreamFigures, against every available upstream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.openrouter.client import AioResponsesClient
from adapters.openrouter.figures import AioFigures
from adapters.openrouter.transport.pool import SessionPool
from adapters.process.clock import SystemClock
from domain.usage.entries import key_hash_of
from entrypoints.simulator.server import running_simulator
from entrypoints.simulator.state import Simulator
from ports.responses import ResponsesBody, Route, UpstreamCall, UpstreamRequest
from ports.upstream_figures import DayFigures, FiguresUnavailable, ModelFigures, UpstreamFigures
from tests.adapters.openrouter.scripted_upstream import scripted
from tests.doubles.telemetry import RecordedTelemetry

FIGURES: tuple[type[UpstreamFigures], ...] = (AioFigures,)
DAY = date(2026, 11, 29)
ROW = {"date": "2026-11-29", "model": "a/b", "model_permaslug": "a/b-2026", "requests": 3, "usage": 0.025706}
READ = ModelFigures("a/b", "a/b-2026", 3, Decimal("0.025706"))


@pytest.fixture
async def pool() -> AsyncIterator[SessionPool]:
    pool = SessionPool(RecordedTelemetry())
    yield pool
    await pool.aclose()


@pytest.fixture
def figures(pool) -> UpstreamFigures:
    return AioFigures(pool, lambda: 20)


@asynccontextmanager
async def answering(status: int, value: object, asked: list[str] | None = None) -> AsyncIterator[Route]:
    async def serve(visit):
        if asked is not None:
            asked.append(visit.asked.target)
        if isinstance(value, bytes):
            await visit.answer(status, value)
        else:
            await visit.answer_json(value, status)

    async with scripted(serve) as upstream:
        yield Route(upstream.url, "key")


async def called(pool: SessionPool, simulator: Simulator, *models: str) -> Route:
    route = Route(simulator.url, next(iter(simulator.keys)))
    client = AioResponsesClient(pool, SystemClock(), RecordedTelemetry(), lambda: 20)
    for model in models:
        body = ResponsesBody(model, ({"type": "message", "role": "user", "content": "Hi"},))
        async with client.attempt(UpstreamCall(route, UpstreamRequest(body))) as batches:
            async for _ in batches:
                pass
    return route


async def test_a_day_has_what_was_charged_for_each_model(figures, pool):
    async with running_simulator() as simulator:
        route = await called(pool, simulator, "sim/deltas-20", "sim/usage", "sim/usage")
        asking = replace(route, api_key=next(iter(simulator.management_keys)))
        today = datetime.now(UTC).date()
        found = await figures.of_day(asking, today, key_hash=key_hash_of(route.api_key))
        assert {one.model: one.requests for one in found.models} == {"sim/deltas-20": 1, "sim/usage": 2}
        assert sum(one.cost for one in found.models) == pytest.approx(simulator.bills.spent)
        assert (await figures.of_day(asking, today)).models == found.models
        assert (await figures.of_day(asking, today, key_hash=key_hash_of("another"))).models == ()
        assert await figures.of_day(asking, today - timedelta(days=1)) == DayFigures(today - timedelta(days=1))


async def test_an_ordinary_key_is_refused(figures, pool):
    async with running_simulator() as simulator:
        route = await called(pool, simulator)
        with pytest.raises(FiguresUnavailable) as caught:
            await figures.of_day(route, DAY)
    assert (caught.value.status, caught.value.is_refusal) == (403, True)
    assert route.api_key not in str(caught.value)


async def test_the_total_of_a_key_before_today(figures, pool):
    async with running_simulator() as simulator:
        route = await called(pool, simulator, "sim/usage")
        assert await figures.spent_before_today(route) == 0
        simulator.today = lambda: datetime.now(UTC).date() + timedelta(days=1)
        assert await figures.spent_before_today(route) == Decimal(repr(float(simulator.bills.spent)))


async def test_the_day_and_the_key_are_named(figures):
    asked: list[str] = []
    async with answering(200, {"data": []}, asked) as route:
        await figures.of_day(route, DAY)
        await figures.of_day(route, DAY, key_hash="ab&c")
    assert [target.partition("?")[2] for target in asked] == [
        "date=2026-11-29",
        "date=2026-11-29&api_key_hash=ab%26c",
    ]


@pytest.mark.parametrize(
    ("rows", "models", "unreadable"),
    [
        ([ROW], (READ,), 0),
        ([{**ROW, "date": "2026-11-29 00:00:00"}], (READ,), 0),
        ([{**ROW, "usage": "0.025706", "requests": "3"}], (READ,), 0),
        ([{**ROW, "date": "2026-11-28"}], (), 0),
        ([ROW, {**ROW, "usage": None}, {**ROW, "usage": -1}, {**ROW, "model": 7}, {**ROW, "date": 5}], (READ,), 4),
        ([ROW, "text", None, 7], (READ,), 3),
        ([{**ROW, "requests": None, "model_permaslug": []}], (replace(READ, version="", requests=0),), 0),
    ],
)
async def test_rows_without_usable_figures_are_counted_and_those_of_other_days_left_out(
    figures, rows, models, unreadable
):
    async with answering(200, {"data": rows}) as route:
        assert await figures.of_day(route, DAY) == DayFigures(DAY, models, unreadable)


@pytest.mark.parametrize("value", [b"<html>", b"", b"[]", {"data": None}, {"data": {}}, b"x" * 9_000_000])
async def test_an_answer_without_a_list_is_an_error(figures, value):
    async with answering(200, value) as route:
        with pytest.raises(FiguresUnavailable) as caught:
            await figures.of_day(route, DAY)
    assert not caught.value.is_refusal


@pytest.mark.parametrize(("status", "is_refusal"), [(401, True), (404, True), (429, False), (500, False), (302, False)])
async def test_a_refusal_is_told_from_trouble(figures, status, is_refusal):
    async with answering(status, {}) as route:
        with pytest.raises(FiguresUnavailable) as caught:
            await figures.of_day(route, DAY)
    assert (caught.value.status, caught.value.is_refusal) == (status, is_refusal)


async def test_an_absent_upstream_is_an_error_without_status(figures):
    with pytest.raises(FiguresUnavailable) as caught:
        await figures.spent_before_today(Route("http://127.0.0.1:9/api/v1", "key"))
    assert (caught.value.status, caught.value.is_refusal) == (None, False)


@pytest.mark.parametrize(
    ("data", "total"),
    [
        ({"usage": 25.5, "usage_daily": 0.5}, Decimal(25)),
        ({"usage": "25.5", "usage_daily": 0}, Decimal("25.5")),
        ({"usage": 25.5}, None),
        ({"usage": None, "usage_daily": 0}, None),
        ({"usage": 1, "usage_daily": 2}, None),
        (None, None),
    ],
)
async def test_a_total_that_upstream_does_not_say_is_none(figures, data, total):
    async with answering(200, {"data": data}) as route:
        assert await figures.spent_before_today(route) == total
