"""Lookup keys in a database."""

from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import lookup_key
from adapters.sql.texts import original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.cipher import Sealed
from ports.lookup_keys import LookupKeysUnavailable

k = lookup_key.c
NAMES = ("payload", "key_id", "codec", "size")
READ = select(k.payload, k.key_id, k.codec, k.size).where(k.namespace == bindparam("in_namespace"))
RESEAL = (
    update(lookup_key)
    .where(k.namespace == bindparam("in_namespace"), k.payload == bindparam("before"))
    .values({name: bindparam(f"new_{name}") for name in NAMES})
)


class SqlLookupKeys:
    """Implements LookupKeys on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = postgres_insert if database.dialect == POSTGRES else sqlite_insert
        fresh = insert(lookup_key).values({name: bindparam(f"new_{name}") for name in ("namespace", *NAMES)})
        self._insert = fresh.on_conflict_do_nothing(index_elements=[k.namespace])

    async def read(self, namespace: str) -> Sealed | None:
        """Read the row of a namespace."""
        try:
            async with self._database.reading() as connection:
                row = (await connection.execute(READ, {"in_namespace": stored(namespace)})).first()
        except DatabaseTrouble as trouble:
            raise LookupKeysUnavailable(trouble.reason) from trouble
        return None if row is None else Sealed(bytes(row.payload), original(row.key_id), row.codec, row.size)

    async def read_or_insert(self, namespace: str, sealed: Sealed) -> Sealed:
        """Read the row; where there is none, insert one unless another process does, and read again."""
        found = await self.read(namespace)
        if found is None:
            try:
                async with self._database.writing() as connection:
                    await connection.execute(self._insert, {"new_namespace": stored(namespace), **_values(sealed)})
            except DatabaseTrouble as trouble:
                raise LookupKeysUnavailable(trouble.reason) from trouble
            found = await self.read(namespace)
        if found is None:
            raise LookupKeysUnavailable("lost")
        return found

    async def reseal(self, namespace: str, before: Sealed, after: Sealed) -> bool:
        """Replace by compare-and-swap."""
        values = {"in_namespace": stored(namespace), "before": before.payload, **_values(after)}
        try:
            async with self._database.writing() as connection:
                return bool((await connection.execute(RESEAL, values)).rowcount)
        except DatabaseTrouble as trouble:
            raise LookupKeysUnavailable(trouble.reason) from trouble


def _values(sealed: Sealed) -> dict[str, Any]:
    return {
        "new_payload": sealed.payload,
        "new_key_id": stored(sealed.key_id),
        "new_codec": sealed.codec,
        "new_size": sealed.size,
    }
