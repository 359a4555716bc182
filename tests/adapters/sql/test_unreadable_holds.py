"""Reservations that a newer version wrote, as this version meets them."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.sql.budgets import SqlBudgets
from adapters.sql.database import Database
from adapters.sql.tables import reservation
from ports.budgets import Balance, Claim, Orphan, Unit
from tests.doubles.databases import database_in

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
CLAIM = Claim("all", Unit.TOKENS, 5, NOW + timedelta(days=1))
KNOWN = ["all", "tokens", 5, int(CLAIM.ends_at.timestamp()) * 1_000_000]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = database_in("sqlite", tmp_path)
    yield database
    await database.aclose()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (json.dumps([KNOWN, ["odd", "pictures", 5, KNOWN[3]]]), (CLAIM,)),
        (json.dumps([["all", "tokens", 5]]), ()),
        (json.dumps([["all", "tokens", 5, 10**30]]), ()),
        (json.dumps({"claims": [KNOWN]}), ()),
        ("not json", ()),
    ],
)
async def test_one_reservation_that_cannot_be_read_does_not_keep_the_others_from_expiring(database, written, read):
    budgets = SqlBudgets(database)
    for turn in ("newer", "ours"):
        await budgets.reserve("ns", turn, [replace(CLAIM, limit=100)], "gone", NOW)
    async with database.writing() as connection:
        newer = update(reservation).where(reservation.c.turn_id == "newer").values(claims=written)
        await connection.execute(newer, {})
    orphans = await budgets.expire("ns", NOW, 10)
    assert {orphan.turn_id: orphan for orphan in orphans} == {
        "newer": Orphan("newer", read),
        "ours": Orphan("ours", (CLAIM,)),
    }
    await budgets.void("ns", "newer")
    await budgets.void("ns", "ours")
    assert await budgets.read("ns", ["all"]) == (Balance("all", 0, 0 if read else 5),)
