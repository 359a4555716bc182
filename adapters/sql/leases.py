"""Leases in a database."""

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import lease
from adapters.sql.texts import micros, moment_of
from adapters.sql.trouble import DatabaseTrouble
from ports.leases import Lease, LeasesUnavailable, least_fence

HELD = select(lease.c.owner, lease.c.fence, lease.c.expires_at).where(lease.c.name == bindparam("named"))
RELEASE = (
    update(lease)
    .where(
        lease.c.name == bindparam("named"), lease.c.owner == bindparam("by"), lease.c.fence == bindparam("with_fence")
    )
    .values(expires_at=0)
)


class SqlLeases:
    """Implements Leases on SQLite and PostgreSQL. Rows are never deleted, so that a fence never repeats."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = postgres_insert if database.dialect == POSTGRES else sqlite_insert
        fresh = insert(lease).values(
            name=bindparam("named"), owner=bindparam("by"), fence=bindparam("least"), expires_at=bindparam("until")
        )
        living = and_(lease.c.owner == fresh.excluded.owner, lease.c.expires_at > bindparam("now"))
        ahead = lease.c.fence >= fresh.excluded.fence  # several leases in one millisecond, or a clock that was set back
        longer = and_(living, lease.c.expires_at > fresh.excluded.expires_at)
        self._take = fresh.on_conflict_do_update(
            index_elements=[lease.c.name],
            set_={
                "owner": fresh.excluded.owner,
                "fence": case((living, lease.c.fence), (ahead, lease.c.fence + 1), else_=fresh.excluded.fence),
                "expires_at": case((longer, lease.c.expires_at), else_=fresh.excluded.expires_at),
            },
            where=or_(lease.c.expires_at <= bindparam("now"), lease.c.owner == fresh.excluded.owner),
        )

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Insert or take over in one statement, then read who holds the lease."""
        until = micros(now + timedelta(seconds=seconds))
        values = {"named": name, "by": owner, "now": micros(now), "until": until, "least": least_fence(now)}
        try:
            async with self._database.writing() as connection:
                await connection.execute(self._take, values)
                held = (await connection.execute(HELD, {"named": name})).one()
        except DatabaseTrouble as trouble:
            raise LeasesUnavailable(trouble.reason) from trouble
        return Lease(name, owner, held.fence, moment_of(held.expires_at)) if held.owner == owner else None

    async def release(self, lease: Lease) -> None:
        """Expire the lease unless another owner holds it by now."""
        values = {"named": lease.name, "by": lease.owner, "with_fence": lease.fence}
        try:
            async with self._database.writing() as connection:
                await connection.execute(RELEASE, values)
        except DatabaseTrouble as trouble:
            raise LeasesUnavailable(trouble.reason) from trouble
