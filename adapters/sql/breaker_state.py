"""Breaker state in a database."""

from datetime import datetime
from typing import Any

from sqlalchemy import Executable, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import breaker
from adapters.sql.texts import micros, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.breaker_state import BreakerStateUnavailable, StoredBreaker

b = breaker.c
LOAD = select(b.state, b.version).where(b.key == bindparam("of_key"))
REPLACE = (
    update(breaker)
    .where(b.key == bindparam("of_key"), b.version == bindparam("of_version"))
    .values(state=bindparam("new_state"), version=b.version + 1, updated_at=bindparam("at"))
)
OLD = select(b.key).where(b.updated_at < bindparam("before")).order_by(b.updated_at).limit(bindparam("most"))
DELETE_OLD = delete(breaker).where(b.key.in_(OLD))

CHANGED = (
    select(b.key, b.state, b.version)
    .where(b.updated_at >= bindparam("since"))
    .order_by(b.updated_at.desc())
    .limit(bindparam("most"))
)


class SqlBreakerState:
    """Implements FollowedBreakerState on SQLite and PostgreSQL. Rows are few: only what fails has one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = postgres_insert if database.dialect == POSTGRES else sqlite_insert
        self._insert = (
            insert(breaker)
            .values(key=bindparam("of_key"), state=bindparam("new_state"), version=1, updated_at=bindparam("at"))
            .on_conflict_do_nothing(index_elements=[b.key])
            .execution_options(preserve_rowcount=True)
        )

    async def load(self, key: str) -> tuple[str, int]:
        """Read by key."""
        try:
            async with self._database.reading() as connection:
                row = (await connection.execute(LOAD, {"of_key": stored(key)})).one_or_none()
        except DatabaseTrouble as trouble:
            raise BreakerStateUnavailable(trouble.reason) from trouble
        return (original(row.state), row.version) if row is not None else ("", 0)

    async def store(self, key: str, text: str, version: int, now: datetime) -> bool:
        """Insert, or replace the version that was read, in one statement."""
        values = {"of_key": stored(key), "new_state": stored(text), "at": micros(now)}
        if not version:
            return await self._changed(self._insert, values) == 1
        return await self._changed(REPLACE, values | {"of_version": version}) == 1

    async def delete_before(self, before: datetime, limit: int) -> int:
        """Delete the oldest texts."""
        return await self._changed(DELETE_OLD, {"before": micros(before), "most": limit})

    async def changed_since(self, since: datetime, limit: int) -> tuple[StoredBreaker, ...]:
        """Read the newest texts."""
        try:
            async with self._database.reading() as connection:
                rows = (await connection.execute(CHANGED, {"since": micros(since), "most": limit})).all()
        except DatabaseTrouble as trouble:
            raise BreakerStateUnavailable(trouble.reason) from trouble
        return tuple(StoredBreaker(original(row.key), original(row.state), row.version) for row in rows)

    async def _changed(self, statement: Executable, values: dict[str, Any]) -> int:
        try:
            async with self._database.writing() as connection:
                return int((await connection.execute(statement, values)).rowcount)
        except DatabaseTrouble as trouble:
            raise BreakerStateUnavailable(trouble.reason) from trouble
