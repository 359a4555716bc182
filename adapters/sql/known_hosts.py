"""Host identities in a database."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import host
from adapters.sql.texts import original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.known_hosts import KnownHostsUnavailable

KNOWN = select(host.c.identity).where(host.c.namespace == bindparam("in_namespace"))


class SqlKnownHosts:
    """Implements KnownHosts on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = postgres_insert if database.dialect == POSTGRES else sqlite_insert
        fresh = insert(host).values(namespace=bindparam("in_namespace"), identity=bindparam("new_identity"))
        self._note = fresh.on_conflict_do_update(
            index_elements=[host.c.namespace], set_={"identity": fresh.excluded.identity}
        )

    async def known(self, namespace: str) -> str:
        """Read the row of a namespace."""
        try:
            async with self._database.reading() as connection:
                found = (await connection.execute(KNOWN, {"in_namespace": stored(namespace)})).scalars().first()
        except DatabaseTrouble as trouble:
            raise KnownHostsUnavailable(trouble.reason) from trouble
        return original(found or "")

    async def note(self, namespace: str, identity: str) -> None:
        """Insert or update in one statement."""
        values = {"in_namespace": stored(namespace), "new_identity": stored(identity)}
        try:
            async with self._database.writing() as connection:
                await connection.execute(self._note, values)
        except DatabaseTrouble as trouble:
            raise KnownHostsUnavailable(trouble.reason) from trouble
