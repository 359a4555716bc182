"""Entries of the ledger that a newer version wrote, as this version meets them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.sql.database import Database
from adapters.sql.ledger import SqlLedger
from adapters.sql.tables import usage_entry
from ports.ledger import CostSource, Entry, EntryState
from tests.doubles.databases import database_in

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
OURS = Entry("ns", "ours", 1, 1, NOW, cost=Decimal("0.1"), cost_source=CostSource.CATALOG)
NEWER = replace(OURS, turn_id="newer", started_at=NOW - timedelta(hours=1))
LATER = NOW + timedelta(days=1)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = database_in("sqlite", tmp_path)
    yield database
    await database.aclose()


async def written(database: Database, entry: Entry, **values: str) -> SqlLedger:
    ledger = SqlLedger(database)
    await ledger.write([entry, replace(entry, turn_id="ours", started_at=NOW)])
    async with database.writing() as connection:
        await connection.execute(update(usage_entry).where(usage_entry.c.turn_id == "newer").values(**values), {})
    return ledger


async def test_an_entry_that_cannot_be_read_does_not_keep_the_others_from_being_swept(database):
    ledger = await written(database, NEWER, cost_source="invoice")
    assert await ledger.unfinished("ns", LATER, 1) == (OURS,)


async def test_an_entry_that_cannot_be_read_does_not_keep_the_others_from_being_reconciled(database):
    entry = replace(NEWER, state=EntryState.ESTIMATED)
    ledger = await written(database, entry, cost_source="invoice")
    found = await ledger.ended("ns", EntryState.ESTIMATED, NOW - timedelta(days=1), LATER, 1)
    assert [one.turn_id for one in found] == ["ours"]


@pytest.mark.parametrize("values", [{"cost_source": "invoice"}, {"state": "disputed"}])
async def test_an_entry_that_cannot_be_read_still_says_what_its_turn_cost(database, values):
    ledger = await written(database, replace(NEWER, state=EntryState.SETTLED), **values)
    (entry,) = await ledger.of_turn("ns", "newer")
    assert entry.paid.total == Decimal("0.1")
    assert entry.state is not EntryState.STARTED
