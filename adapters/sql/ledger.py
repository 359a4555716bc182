"""The ledger in a database."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, func, select, tuple_, update

from adapters.sql.database import Database
from adapters.sql.ledger_sums import BOUNDS, DAY, NAMESPACE, all_of, fixed, spend_of, sums_by_model, sums_of_person
from adapters.sql.ledger_writing import MONEY, TIMES, rows_of, statement_for
from adapters.sql.money import amount_of, total
from adapters.sql.tables import usage_entry
from adapters.sql.texts import EPOCH, micros, moment_of, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.ledger import CostSource, Entry, EntryState, LedgerUnavailable, ModelSum, Spend
from ports.usage import EXACT as EXACTLY
from ports.usage import NOT_PAID, Paid

u = usage_entry.c
KEYS = (u.namespace, u.turn_id, u.call_no, u.attempt_no)
FEW, MANY = 5_000, 20_000
"""Entries that are added up at a time: days are joined below FEW and parted beyond MANY; single days take less each."""
MOST = 300_000
"""Entries that are added up with one connection: a second or two of the time that its user has."""
AT_ONCE = 200
"""Sums that are read before other tasks of the event loop run: a millisecond or two."""

STARTED = u.state == fixed(EntryState.STARTED)
ANY_STATE = u.state.in_(all_of(EntryState))  # so that the index on it serves for times
SOURCES, STATES = ({one.value: one for one in kinds} for kinds in (CostSource, EntryState))
READABLE = u.cost_source.in_(all_of(CostSource))  # what a newer version wrote, it alone may change
UNFINISHED = (
    select(usage_entry).where(NAMESPACE, STARTED, READABLE, u.started_at < bindparam("before")).order_by(u.started_at)
).limit(bindparam("most"))
OF_TURN = select(usage_entry).where(NAMESPACE, u.turn_id == bindparam("of_turn")).order_by(u.call_no, u.attempt_no)
ENDED = (
    select(usage_entry)
    .where(
        NAMESPACE,
        READABLE,
        u.state == bindparam("of_state"),
        u.started_at >= bindparam("since"),
        u.started_at < bindparam("until"),
    )
    .order_by(u.started_at)
    .limit(bindparam("most"))
)
FIRST = select(func.min(u.namespace).label("name")).cte("names", recursive=True)
NEXT = select(func.min(u.namespace)).where(u.namespace > FIRST.c.name).scalar_subquery()
NAMES_OF_ALL = FIRST.union_all(select(NEXT).where(FIRST.c.name.is_not(None)))  # one look into the index for each
NAMESPACES = select(NAMES_OF_ALL.c.name).where(NAMES_OF_ALL.c.name.is_not(None))
OLD = select(*KEYS).where(NAMESPACE, ANY_STATE, u.started_at < bindparam("before")).limit(bindparam("most"))
DELETE_OLD = delete(usage_entry).where(tuple_(*KEYS).in_(OLD))
OF_PERSON = select(*KEYS).where(NAMESPACE, u.user_id == bindparam("of_user")).limit(bindparam("most"))
ANONYMISE = update(usage_entry).where(tuple_(*KEYS).in_(OF_PERSON)).values(user_id="", chat_id="", message_id="")


class SqlLedger:
    """Implements UsageLedger on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._write = statement_for(database.dialect, database.schema)

    async def write(self, entries: Collection[Entry]) -> None:
        """Insert or replace with one statement; two states of one entry need two."""
        entries = list(entries)
        while entries:
            now = {entry.key: entry for entry in reversed(entries)}  # of each key the first
            await self._put(now.values())
            entries = [entry for entry in entries if now[entry.key] is not entry]

    async def unfinished(self, namespace: str, before: datetime, limit: int) -> tuple[Entry, ...]:
        """Read by the index on states."""
        values = {"in_namespace": stored(namespace), "before": micros(before), "most": limit}
        return tuple(_entry_of(row) for row in await self._read(UNFINISHED, values))

    async def of_turn(self, namespace: str, turn_id: str) -> tuple[Entry, ...]:
        """Read by the first columns of the key."""
        values = {"in_namespace": stored(namespace), "of_turn": stored(turn_id)}
        return tuple(_entry_of(row) for row in await self._read(OF_TURN, values))

    async def spend(self, namespace: str, since: datetime, until: datetime) -> tuple[Spend, ...]:
        """Add up in the database, some days at a time: sorting millions of rows at once takes much longer."""
        found = sorted(await self._by_days(stored(namespace), micros(since), micros(until)), key=_order)
        spent: list[Spend] = []
        for start in range(0, len(found), AT_ONCE):
            spent += map(_spend_of, found[start : start + AT_ONCE])
            await asyncio.sleep(0)
        return tuple(spent)

    async def by_model(self, namespace: str, key_id: str, since: datetime, until: datetime) -> tuple[ModelSum, ...]:
        """Add up in the database, by the index on states."""
        values = {"in_namespace": stored(namespace), "of_key": key_id, "since": micros(since), "until": micros(until)}
        return tuple(
            ModelSum(original(row.model), row.entries, int(row.inexact), total(row[3:]))
            for row in await self._read(sums_by_model(self._database.dialect), values)
        )

    async def ended(
        self, namespace: str, state: EntryState, since: datetime, until: datetime, limit: int
    ) -> tuple[Entry, ...]:
        """Read by the index on states."""
        values = {"since": micros(since), "until": micros(until), "most": limit}
        values_of_all = {"in_namespace": stored(namespace), "of_state": state.value, **values}
        return tuple(_entry_of(row) for row in await self._read(ENDED, values_of_all))

    async def namespaces(self) -> tuple[str, ...]:
        """Read by the first column of the key."""
        return tuple(original(row.name) for row in await self._read(NAMESPACES, {}))

    async def paid(
        self, namespace: str, user_id: str, *, chat_id: str = "", since: datetime | None = None, but_turn: str = ""
    ) -> Paid:
        """Add up in the database, by the index on the chats of people or on people and times."""
        if not user_id:
            return NOT_PAID
        values: dict[str, Any] = {"in_namespace": stored(namespace), "of_user": stored(user_id)}
        values["but_turn"] = stored(but_turn)
        if chat_id:
            values["of_chat"] = stored(chat_id)
        if since is not None:
            values["since"] = micros(since)
        statement = sums_of_person(self._database.dialect, bool(chat_id), since is not None)
        rows = await self._read(statement, values)
        return sum(map(_paid_of, rows), NOT_PAID)

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete by time."""
        return await self._changed(
            DELETE_OLD, {"in_namespace": stored(namespace), "before": micros(before), "most": limit}
        )

    async def anonymise(self, namespace: str, user_id: str, limit: int) -> int:
        """Empty the ids by the index on people."""
        if not user_id:
            return 0
        values = {"in_namespace": stored(namespace), "of_user": stored(user_id), "most": limit}
        return await self._changed(ANONYMISE, values)

    # --- details ------------------------------------------------------------------------------------------

    async def _by_days(self, namespace: str, since: int, until: int) -> list[Row[Any]]:
        """Return the groups of all days, some days after the other; a day is never parted."""
        [(first, last)] = await self._read(BOUNDS, {"in_namespace": namespace, "since": since, "until": until})
        found: list[Row[Any]] = []
        begin, days = since if first is None else first, 1
        while first is not None and begin <= last:
            read = 0
            try:
                async with self._database.reading() as connection:
                    while begin <= last and read < MOST:
                        day = begin // DAY
                        values = {"in_namespace": namespace, "since": begin, "until": min(until, (day + days) * DAY)}
                        statement = spend_of(self._database.dialect, one_day=days == 1)
                        of_day = {"of_day": day} if days == 1 else {}
                        rows = (await connection.execute(statement, values | of_day)).all()
                        found += rows
                        begin, entries = (day + days) * DAY, sum(row.entries for row in rows)
                        days = days * 2 if entries < FEW else max(1, days // 2) if entries > MANY else days
                        read += int(entries)
            except DatabaseTrouble as trouble:
                raise LedgerUnavailable(trouble.reason) from trouble
        return found

    async def _read(self, statement: Executable, values: Mapping[str, Any]) -> list[Row[Any]]:
        try:
            async with self._database.reading() as connection:
                return list((await connection.execute(statement, values)).all())
        except DatabaseTrouble as trouble:
            raise LedgerUnavailable(trouble.reason) from trouble

    async def _changed(self, statement: Executable, values: Mapping[str, Any]) -> int:
        try:
            async with self._database.writing() as connection:
                return (await connection.execute(statement, values)).rowcount
        except DatabaseTrouble as trouble:
            raise LedgerUnavailable(trouble.reason) from trouble

    async def _put(self, entries: Iterable[Entry]) -> None:
        try:
            await self._database.write_at_once(self._write, rows_of(entries))
        except DatabaseTrouble as trouble:
            raise LedgerUnavailable(trouble.reason) from trouble


def _order(row: Row[Any]) -> tuple[str, str, int, int]:
    return row.person, row.model, row.day, row.own_key


def _paid_of(row: Row[Any]) -> Paid:
    half = (len(row) - 2) // 2
    cost, upstream_cost = total(row[2 : 2 + half]), total(row[2 + half :])
    estimated = Decimal(0) if row.exact else EXACTLY.add(cost, upstream_cost)
    return Paid(cost, upstream_cost, estimated, int(row.unknown))


def _spend_of(row: Row[Any]) -> Spend:
    amounts = row[7:]
    half = len(amounts) // 2
    day: date = (EPOCH + timedelta(days=row.day)).date()
    counts = (int(row.entries), int(row.inexact), int(row.tokens))
    costs = (total(amounts[:half]), total(amounts[half:]))
    return Spend(original(row.person), original(row.model), day, *counts, *costs, own_key=bool(row.own_key))


def _entry_of(row: Row[Any]) -> Entry:
    values: dict[str, Any] = dict(row._mapping)
    for name, value in values.items():
        if name in MONEY:
            values[name] = amount_of(value)
        elif name in TIMES:
            values[name] = None if value is None else moment_of(value)
        elif isinstance(value, str):
            values[name] = original(value)
    # of a newer version's words only those that are known here are read: an unknown state has a figure that may change
    state = STATES.get(row.state, EntryState.ESTIMATED)
    return Entry(**values | {"state": state, "cost_source": SOURCES.get(row.cost_source, CostSource.UNKNOWN)})
