"""Results of reconciling in a database."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.money import amount_of, money
from adapters.sql.tables import reconciliation
from adapters.sql.texts import micros, moment_of, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.reconciliations import FiguresFrom, Outcome, Reconciled, ReconciliationsUnavailable

c = reconciliation.c
MONEY = ("cost", "their_cost", "total")
OF_DAY = delete(reconciliation).where(c.key_id == bindparam("of_key"), c.day == bindparam("of_day"))
BETWEEN = (
    select(reconciliation)
    .where(c.day >= bindparam("since"), c.day <= bindparam("until"))
    .order_by(c.day, c.key_id, c.model)
    .limit(bindparam("most"))
)
BEFORE = delete(reconciliation).where(c.day < bindparam("before"))


class SqlReconciliations:
    """Implements Reconciliations on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._exact = database.dialect == POSTGRES

    async def replace(self, rows: Collection[Reconciled]) -> None:
        """Delete and insert in one transaction."""
        days = sorted({(row.key_id, row.day) for row in rows})
        if not days:
            return
        try:
            async with self._database.writing() as connection:
                for key_id, day in days:
                    await connection.execute(OF_DAY, {"of_key": key_id, "of_day": day.isoformat()})
                await connection.execute(insert(reconciliation), [self._values(row) for row in rows])
        except DatabaseTrouble as trouble:
            raise ReconciliationsUnavailable(trouble.reason) from trouble

    async def between(self, since: date, until: date, limit: int) -> tuple[Reconciled, ...]:
        """Read by day."""
        values = {"since": since.isoformat(), "until": until.isoformat(), "most": limit}
        try:
            async with self._database.reading() as connection:
                return tuple(_row_of(row) for row in (await connection.execute(BETWEEN, values)).all())
        except DatabaseTrouble as trouble:
            raise ReconciliationsUnavailable(trouble.reason) from trouble

    async def delete_before(self, day: date) -> int:
        """Delete by day: there are few rows of each."""
        try:
            async with self._database.writing() as connection:
                return (await connection.execute(BEFORE, {"before": day.isoformat()})).rowcount
        except DatabaseTrouble as trouble:
            raise ReconciliationsUnavailable(trouble.reason) from trouble

    def _values(self, row: Reconciled) -> Mapping[str, Any]:
        return {
            "key_id": stored(row.key_id),
            "day": row.day.isoformat(),
            "model": stored(row.model),
            "figures": row.figures.value,
            "outcome": row.outcome.value,
            "entries": row.entries,
            "inexact": row.inexact,
            "their_requests": row.their_requests,
            "checked_at": micros(row.checked_at),
        } | {name: self._amount(getattr(row, name)) for name in MONEY}

    def _amount(self, amount: Decimal | None) -> Decimal | str | None:
        if amount is None:
            return None
        return Decimal(money(amount)) if self._exact else money(amount)


def _row_of(row: Row[Any]) -> Reconciled:
    cost, their_cost, total = (amount_of(getattr(row, name)) for name in MONEY)
    return Reconciled(
        key_id=original(row.key_id),
        day=date.fromisoformat(row.day),
        figures=FiguresFrom(row.figures),
        outcome=Outcome(row.outcome),
        checked_at=moment_of(row.checked_at),
        model=original(row.model),
        entries=row.entries,
        inexact=row.inexact,
        cost=cost or Decimal(0),
        their_requests=row.their_requests,
        their_cost=their_cost,
        total=total,
    )
