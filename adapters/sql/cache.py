"""A cache in a database, shared by all processes that use it."""

import time

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import cache
from adapters.sql.trouble import DatabaseTrouble
from ports.cache import CacheUnavailable

c = cache.c
KEPT_DAYS = 90
GET = select(c.value).where(c.key == bindparam("with_key"))
OLD = delete(cache).where(c.updated_at < bindparam("before"))


class SqlCache:
    """Implements Cache on SQLite and PostgreSQL; values not written for KEPT_DAYS are deleted."""

    name = "database"
    in_store = True

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = (postgres_insert if database.dialect == POSTGRES else sqlite_insert)(cache)
        values = {"value": insert.excluded.value, "updated_at": insert.excluded.updated_at}
        self._put = insert.on_conflict_do_update(index_elements=[c.key], set_=values)

    async def get(self, key: str) -> bytes | None:
        """Read by key."""
        try:
            async with self._database.reading() as connection:
                value = (await connection.execute(GET, {"with_key": key})).scalar_one_or_none()
        except DatabaseTrouble as trouble:
            raise CacheUnavailable(trouble.reason) from trouble
        return None if value is None else bytes(value)

    async def put(self, key: str, value: bytes) -> None:
        """Insert or replace, and delete old values, in one transaction."""
        now = time.time_ns() // 1_000
        before = now - KEPT_DAYS * 86_400_000_000
        try:
            async with self._database.writing() as connection:
                await connection.execute(self._put, {"key": key, "value": value, "updated_at": now})
                await connection.execute(OLD, {"before": before})
        except DatabaseTrouble as trouble:
            raise CacheUnavailable(trouble.reason) from trouble
