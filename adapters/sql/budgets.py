"""Budgets in a database: one row per counter, changed by one statement; one row per reservation.

Every transaction locks the reservation first and then the counters in the order of their names: none waits for another
in a circle. Only a new reservation is written after its counters are locked; no other turn ever waits for it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Row, Select, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.budget_claims import read_claims, written_claims
from adapters.sql.budget_postgres import ReserveOnPostgres
from adapters.sql.budget_sqlite import ReserveOnSqlite
from adapters.sql.connection import Statements
from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES, among, listed
from adapters.sql.rendered import rendered
from adapters.sql.tables import budget_account, reservation
from adapters.sql.texts import micros, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.budgets import (
    HOLD_FOLLOWERS,
    Balance,
    BudgetsUnavailable,
    Change,
    Claim,
    Granted,
    HoldState,
    Orphan,
)

KEPT, ACCOUNTS_KEPT = timedelta(days=1), timedelta(days=70)
a, r = budget_account.c, reservation.c
NAMESPACE, TURN = r.namespace == bindparam("of"), r.turn_id == bindparam("turn")
OF_TURN = select(r.state, r.claims).where(NAMESPACE, TURN).with_for_update()
END = update(reservation).where(NAMESPACE, TURN).values(state=bindparam("new_state"))
PENDING, EXPIRED = r.state == HoldState.PENDING.value, r.state == HoldState.EXPIRED.value
EXTEND = update(reservation).where(NAMESPACE, PENDING, r.fence == bindparam("by")).values(expires_at=bindparam("until"))
_HELD = select(r.turn_id, r.claims).where(NAMESPACE, r.expires_at <= bindparam("now")).order_by(r.expires_at)
OVERDUE = _HELD.where(PENDING).limit(bindparam("most")).with_for_update(skip_locked=True)
ORPHANS = _HELD.where(EXPIRED).limit(bindparam("most"))
SETTLED = r.state.in_([state.value for state in HoldState if not HOLD_FOLLOWERS[state]])
OLD_HOLDS = (
    select(r.namespace, r.turn_id)
    .where(NAMESPACE, SETTLED, r.expires_at < bindparam("before"))
    .limit(bindparam("most"))
)
DELETE_HOLDS = delete(reservation).where(tuple_(r.namespace, r.turn_id).in_(OLD_HOLDS))
OLD_ACCOUNTS = (
    select(a.namespace, a.account)
    .where(a.namespace == bindparam("of"), a.ends_at < bindparam("before"))
    .limit(bindparam("most"))
)
DELETE_ACCOUNTS = delete(budget_account).where(tuple_(a.namespace, a.account).in_(OLD_ACCOUNTS))


class SqlBudgets:
    """Implements Budgets on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database, self._dialect = database, database.dialect
        insert = postgres_insert if self._dialect == POSTGRES else sqlite_insert
        fresh = insert(budget_account).values(
            namespace=bindparam("of"),
            account=bindparam("named"),
            unit=bindparam("in_unit"),
            spent=bindparam("new_spent"),
            reserved=bindparam("new_reserved"),
            ends_at=bindparam("ends"),
        )
        keys = [a.namespace, a.account]
        add = fresh.on_conflict_do_update(
            index_elements=keys,
            set_={
                "spent": a.spent + fresh.excluded.spent,
                "reserved": a.reserved + fresh.excluded.reserved,
                "ends_at": fresh.excluded.ends_at,
            },
        ).returning(a.spent)
        hold = (
            insert(reservation)
            .values(
                namespace=bindparam("of"),
                turn_id=bindparam("turn"),
                state=bindparam("new_state"),
                claims=bindparam("with_claims"),
                fence=bindparam("by"),
                expires_at=bindparam("until"),
            )
            .on_conflict_do_nothing(index_elements=[r.namespace, r.turn_id])
        )
        self._reserve = (ReserveOnPostgres if self._dialect == POSTGRES else ReserveOnSqlite)(database)
        self._add, self._hold = (rendered(database, one) for one in (add, hold))
        chosen = among(self._dialect, a.account, "accounts")
        self._read: Select[Any] = select(a.account, a.spent, a.reserved).where(a.namespace == bindparam("of"), chosen)

    async def reserve(
        self, namespace: str, turn_id: str, claims: Collection[Claim], holder: str, until: datetime
    ) -> Granted:
        """Take all or nothing; only where nothing was taken, ask whether the turn has a reservation already."""
        row = (stored(namespace), stored(turn_id), HoldState.PENDING.value, written_claims(claims), stored(holder))
        try:
            tried = await self._reserve.reserve((*row, micros(until)), claims)
        except DatabaseTrouble as trouble:
            raise BudgetsUnavailable(trouble.reason) from trouble
        found = {balance.account: balance for balance in tried.balances}
        return Granted(
            tried.held or await self._has(namespace, turn_id),
            tuple(found.get(claim.account) or Balance(claim.account) for claim in claims),
        )

    async def post(self, namespace: str, turn_id: str, charges: Collection[Claim]) -> tuple[Change, ...]:
        """Settle the row and change the counters in one transaction; without a row, one is inserted."""
        until = max(charge.ends_at for charge in charges)
        values: dict[str, Any] = {"of": stored(namespace), "turn": stored(turn_id), "new_state": HoldState.POSTED.value}
        async with self._writing() as connection:
            released = await self._ended(connection, values)
            if released is None:
                values |= {"with_claims": written_claims(charges), "by": "", "until": micros(until)}
                if (await connection.execute(self._hold, values)).rowcount != 1:
                    return ()
            elif not released[0]:
                return ()
            return await self._moved(connection, namespace, charges, released or (True, (), False))

    async def void(self, namespace: str, turn_id: str) -> None:
        """Settle the row and release what it holds."""
        values = {"of": stored(namespace), "turn": stored(turn_id), "new_state": HoldState.VOIDED.value}
        async with self._writing() as connection:
            released = await self._ended(connection, values)
            if released is not None and released[0]:
                await self._moved(connection, namespace, (), released)

    async def extend(self, namespace: str, holder: str, until: datetime) -> int:
        """Move the time of all rows of a process in one statement."""
        values = {"of": stored(namespace), "by": stored(holder), "until": micros(until)}
        async with self._writing() as connection:
            return int((await connection.execute(EXTEND, values)).rowcount)

    async def expire(self, namespace: str, now: datetime, limit: int) -> tuple[Orphan, ...]:
        """Count what overdue rows hold as spent; delete what is old."""
        values = {"of": stored(namespace), "now": micros(now), "most": limit}
        async with self._writing() as connection:
            overdue = (await connection.execute(OVERDUE, values)).all()
            await self._expired(connection, namespace, overdue)
            await connection.execute(DELETE_HOLDS, {**_only(values), "before": micros(now - KEPT)})
            await connection.execute(DELETE_ACCOUNTS, {**_only(values), "before": micros(now - ACCOUNTS_KEPT)})
            orphans = (await connection.execute(ORPHANS, values)).all()
        return tuple(Orphan(original(row.turn_id), read_claims(row.claims)) for row in orphans)

    async def read(self, namespace: str, accounts: Collection[str]) -> tuple[Balance, ...]:
        """Read by key."""
        values = {"of": stored(namespace), "accounts": listed(self._dialect, accounts)}
        rows = await self._rows(self._read, values)
        found = {row.account: Balance(row.account, row.spent, row.reserved) for row in rows}
        return tuple(found.get(account) or Balance(account) for account in accounts)

    # --- details ------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Statements]:
        try:
            async with self._database.writing() as connection:
                yield connection
        except DatabaseTrouble as trouble:
            raise BudgetsUnavailable(trouble.reason) from trouble

    async def _rows(self, statement: Executable, values: dict[str, Any]) -> list[Row[Any]]:
        try:
            async with self._database.reading() as connection:
                return list((await connection.execute(statement, values)).all())
        except DatabaseTrouble as trouble:
            raise BudgetsUnavailable(trouble.reason) from trouble

    async def _has(self, namespace: str, turn_id: str) -> bool:
        values = {"of": stored(namespace), "turn": stored(turn_id)}
        return bool(await self._rows(select(r.state).where(NAMESPACE, TURN), values))

    async def _ended(
        self, connection: Statements, values: dict[str, Any]
    ) -> tuple[bool, tuple[Claim, ...], bool] | None:
        """Settle a reservation; return whether it changed, what it held, and whether it had expired; None without."""
        row = (await connection.execute(OF_TURN, values)).one_or_none()
        if row is None:
            return None
        state = HoldState(row.state)
        if HoldState(values["new_state"]) not in HOLD_FOLLOWERS[state]:
            return False, (), False
        await connection.execute(END, values)
        return True, read_claims(row.claims), state is HoldState.EXPIRED

    async def _moved(
        self,
        connection: Statements,
        namespace: str,
        charges: Collection[Claim],
        released: tuple[bool, tuple[Claim, ...], bool],
    ) -> tuple[Change, ...]:
        """Add the charges to what is spent and subtract what was held; return the changes of the charged accounts."""
        _, held, expired = released
        known = {claim.account: claim for claim in (*held, *charges)}
        spent = Counter({charge.account: charge.amount for charge in charges})
        freed = Counter({claim.account: claim.amount for claim in held})
        changes: dict[str, Change] = {}
        for name in sorted(known):
            delta = spent[name] - (freed[name] if expired else 0)
            values = _values(namespace, known[name], spent=delta, reserved=0 if expired else -freed[name])
            after = int((await connection.execute(self._add, values)).scalar_one())
            changes[name] = Change(name, after - delta, after)
        return tuple(changes[charge.account] for charge in charges)

    async def _expired(self, connection: Statements, namespace: str, overdue: Iterable[Row[Any]]) -> None:
        sums: Counter[str] = Counter()
        known: dict[str, Claim] = {}
        for row in overdue:
            for claim in read_claims(row.claims):
                sums[claim.account] += claim.amount
                known[claim.account] = claim
            turn = {"of": stored(namespace), "turn": row.turn_id, "new_state": HoldState.EXPIRED.value}
            await connection.execute(END, turn)
        for name in sorted(known):
            values = _values(namespace, known[name], spent=sums[name], reserved=-sums[name])
            await connection.execute(self._add, values)


def _only(values: dict[str, Any]) -> dict[str, Any]:
    return {"of": values["of"], "most": values["most"]}


def _values(namespace: str, claim: Claim, *, spent: int = 0, reserved: int = 0) -> dict[str, Any]:
    return {
        "of": stored(namespace),
        "named": claim.account,
        "in_unit": claim.unit.value,
        "new_spent": spent,
        "new_reserved": reserved,
        "ends": micros(claim.ends_at),
    }
