"""The contract of every Allowances, against every available upstream."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from adapters.openrouter.allowances import AioAllowances
from adapters.openrouter.transport.pool import SessionPool
from entrypoints.simulator.account import Allowed
from entrypoints.simulator.server import running_simulator
from ports.allowances import Allowance, AllowanceKind, Allowances, AllowancesUnavailable
from ports.responses import Route
from tests.adapters.openrouter.scripted_upstream import scripted
from tests.doubles.telemetry import RecordedTelemetry

ALLOWANCES: tuple[type[Allowances], ...] = (AioAllowances,)
OF_KEY = Allowance(AllowanceKind.KEY, Decimal("12.5"), Decimal("2.25"))


@pytest.fixture
async def allowances() -> AsyncIterator[Allowances]:
    pool = SessionPool(RecordedTelemetry())
    yield AioAllowances(pool, lambda: 20)
    await pool.aclose()


@asynccontextmanager
async def answering(key: object, credits: object = None, status: int = 200) -> AsyncIterator[Route]:
    async def serve(visit):
        value, code = (
            (credits, 200 if credits is not None else 403) if visit.asked.target.endswith("/credits") else (key, status)
        )
        if isinstance(value, bytes):
            await visit.answer(code, value)
        else:
            await visit.answer_json(value, code)

    async with scripted(serve) as upstream:
        yield Route(upstream.url, "key")


async def test_the_limit_of_a_key_is_read(allowances):
    async with running_simulator() as simulator:
        simulator.allowed = Allowed(limit=Decimal(40))
        found = await allowances.read(Route(simulator.url, next(iter(simulator.keys))))
    assert found == (Allowance(AllowanceKind.KEY, Decimal("40.0"), Decimal("40.0")),)


async def test_the_credits_are_read_with_a_key_that_may(allowances):
    async with running_simulator() as simulator:
        simulator.allowed = Allowed(limit=None, credits=Decimal(7))
        found = await allowances.read(Route(simulator.url, next(iter(simulator.keys))))
    assert found == (Allowance(AllowanceKind.CREDITS, Decimal("7.0"), Decimal("7.0")),)


async def test_a_key_that_may_not_read_the_credits_has_its_own_limit_alone(allowances):
    async with answering({"data": {"limit": 12.5, "limit_remaining": "2.25"}}) as route:
        assert await allowances.read(route) == (OF_KEY,)


async def test_an_overdrawn_allowance_has_nothing_left(allowances):
    key = {"data": {"limit": 12.5, "limit_remaining": -0.75}}
    async with answering(key, {"data": {"total_credits": 10, "total_usage": 10.5}}) as route:
        assert [one.remaining for one in await allowances.read(route)] == [0, 0]


@pytest.mark.parametrize(
    "data",
    [
        {},
        None,
        [],
        {"limit": None, "limit_remaining": None},
        {"limit": 10},
        {"limit": 0, "limit_remaining": 0},
        {"limit": True, "limit_remaining": True},
        {"limit": {"usd": 10}, "limit_remaining": [5]},
        {"limit": "many", "limit_remaining": "some"},
        {"limit": -1, "limit_remaining": 5},
        {"limit": 1e400, "limit_remaining": 5},
        {"limit": "NaN", "limit_remaining": "NaN"},
    ],
)
async def test_what_is_unlimited_missing_or_of_a_wrong_type_is_left_out(allowances, data):
    wrong = {"data": {"total_credits": data, "total_usage": "x"}}
    async with answering({"data": data}, wrong) as route:
        assert await allowances.read(route) == ()


@pytest.mark.parametrize("credits", [b"<html>", b"", b"x" * 300_000, {"data": 7}])
async def test_unreadable_credits_hide_no_limit(allowances, credits):
    async with answering({"data": {"limit": 12.5, "limit_remaining": 2.25}}, credits) as route:
        assert await allowances.read(route) == (OF_KEY,)


async def test_a_wrong_key_is_an_error_with_its_status_and_without_the_key(allowances):
    async with running_simulator() as simulator:
        with pytest.raises(AllowancesUnavailable) as caught:
            await allowances.read(Route(simulator.url, "sk-or-v1-wrong"))
    assert caught.value.status == 401
    assert "wrong" not in str(caught.value)


async def test_an_absent_upstream_is_an_error_without_status(allowances):
    with pytest.raises(AllowancesUnavailable) as caught:
        await allowances.read(Route("http://127.0.0.1:9/api/v1", "key"))
    assert caught.value.status is None


@pytest.mark.parametrize("key", [b"<html>", b"", b"x" * 300_000])
async def test_an_answer_that_is_not_json_is_an_error(allowances, key):
    async with answering(key) as route:
        with pytest.raises(AllowancesUnavailable):
            await allowances.read(route)
