"""The contract of every Reconciliations."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.memory.reconciliations import MemoryReconciliations
from adapters.sql.database import Database
from adapters.sql.reconciliations import SqlReconciliations
from ports.reconciliations import (
    FiguresFrom,
    Outcome,
    Reconciled,
    Reconciliations,
    ReconciliationsUnavailable,
)

RESULTS: tuple[type[Reconciliations], ...] = (MemoryReconciliations, SqlReconciliations)
DAY, ONE = date(2026, 11, 29), timedelta(days=1)
WHOLE = Reconciled(
    "0123456789ab",
    DAY,
    FiguresFrom.DAY_OF_KEY,
    Outcome.DIFFERS,
    datetime(2026, 11, 30, 3, 30, tzinfo=UTC),
    entries=3,
    inexact=1,
    cost=Decimal("0.000000000000000000000000000001"),
    their_requests=4,
    their_cost=Decimal("12345678901234567890.5"),
    total=Decimal("7"),
)
MODEL = replace(WHOLE, model="a/b", total=None, their_requests=None, their_cost=None, outcome=Outcome.UNKNOWN)


@pytest.fixture
def results(database) -> Reconciliations:
    return MemoryReconciliations() if database is None else SqlReconciliations(database)


async def test_rows_come_back_as_they_were_stored(results):
    await results.replace([MODEL, WHOLE])
    assert await results.between(DAY, DAY, 10) == (WHOLE, MODEL)


async def test_a_day_of_a_key_is_replaced_as_a_whole_and_others_stay(results):
    others = [replace(WHOLE, key_id="another"), replace(WHOLE, day=DAY + ONE)]
    await results.replace([WHOLE, MODEL])
    for other in others:
        await results.replace([other])
    again = replace(WHOLE, outcome=Outcome.EQUAL)
    await results.replace([again])
    assert await results.between(DAY, DAY + ONE, 10) == (again, *others)


async def test_days_are_found_from_the_first_to_the_last(results):
    days = [replace(WHOLE, day=DAY + number * ONE) for number in range(5)]
    for day in reversed(days):
        await results.replace([day])
    assert await results.between(DAY + ONE, DAY + 3 * ONE, 10) == tuple(days[1:4])
    assert await results.between(DAY, DAY + 9 * ONE, 2) == tuple(days[:2])


async def test_old_days_are_deleted(results):
    await results.replace([WHOLE, MODEL])
    await results.replace([replace(WHOLE, day=DAY + ONE)])
    assert await results.delete_before(DAY + ONE) == 2
    assert [row.day for row in await results.between(DAY, DAY + ONE, 10)] == [DAY + ONE]


async def test_odd_names_come_back(results):
    odd = replace(MODEL, model="a\x00\ud800'b", key_id="k")
    await results.replace([odd])
    assert await results.between(DAY, DAY, 10) == (odd,)


async def test_nothing_to_store_is_no_error(results):
    await results.replace([])


async def test_a_database_that_is_missing_is_an_error_without_data(tmp_path):
    results = SqlReconciliations(Database(f"sqlite:///{tmp_path / 'none' / 'store.db'}"))
    for call in (results.replace([WHOLE]), results.between(DAY, DAY, 1), results.delete_before(DAY)):
        with pytest.raises(ReconciliationsUnavailable) as caught:
            await call
        assert caught.value.reason == "missing"


async def test_memory_drops_its_oldest_days():
    results = MemoryReconciliations(most=2)
    for number in range(3):
        await results.replace([replace(WHOLE, day=DAY + number * ONE)])
    assert [row.day for row in await results.between(DAY, DAY + 9 * ONE, 10)] == [DAY + ONE, DAY + 2 * ONE]
