"""Reserve on SQLite: one visit to the driver's thread, with the database's lock for writing."""

import sqlite3
from collections.abc import Collection

from adapters.sql.budget_claims import claims_by_account
from adapters.sql.database import Database
from adapters.sql.tables import budget_account, reservation
from ports.budgets import Balance, Claim, Granted

UNIT, AMOUNT, ENDS, MOST = (f"json_extract(r.value, '$[{place}]')" for place in range(4))
TAKEN = "a.spent + a.reserved"
TAKE = (  # an account that does not admit its claim is missing from the answer
    f"INSERT INTO {budget_account} AS a (namespace, account, unit, spent, reserved, ends_at) "  # noqa: S608 - ours
    f"SELECT ?, r.key, {UNIT}, 0, {AMOUNT}, {ENDS} FROM json_each(?) AS r "
    f"WHERE {MOST} IS NULL OR (0 < {MOST} AND {AMOUNT} <= {MOST}) "
    "ON CONFLICT (namespace, account) DO UPDATE "
    "SET reserved = a.reserved + excluded.reserved, ends_at = excluded.ends_at "
    f"WHERE EXISTS (SELECT 1 FROM json_each(?) AS r WHERE r.key = excluded.account "
    f"AND ({MOST} IS NULL OR ({TAKEN} < {MOST} AND {TAKEN} + excluded.reserved <= {MOST}))) "
    "RETURNING account, spent, reserved"
)
HOLD = (
    f"INSERT INTO {reservation} (namespace, turn_id, state, claims, fence, expires_at) "  # noqa: S608 - ours
    "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (namespace, turn_id) DO NOTHING RETURNING 1"
)
READ = (
    f"SELECT account, spent, reserved FROM {budget_account} "  # noqa: S608 - ours
    f"WHERE namespace = ? AND account IN (SELECT r.key FROM json_each(?) AS r)"
)


class ReserveOnSqlite:
    """Takes claims and stores the reservation, or changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, hold: tuple[str, str, str, str, str, int], claims: Collection[Claim]) -> Granted:
        """Do what `ReserveOnPostgres.reserve` does; balances of unknown accounts are missing."""
        given = claims_by_account(claims)
        return await self._database.write_in_driver(lambda driver: _reserved(driver, hold, given, len(claims)))


def _reserved(driver: sqlite3.Connection, hold: tuple[str, str, str, str, str, int], given: str, count: int) -> Granted:
    driver.execute("PRAGMA synchronous=NORMAL")
    try:
        driver.execute("BEGIN IMMEDIATE")
        try:
            found = driver.execute(TAKE, (hold[0], given, given)).fetchall()
            held = len(found) == count and len(driver.execute(HOLD, hold).fetchall()) == 1
            if held:
                driver.execute("COMMIT")
        finally:
            if driver.in_transaction:  # some errors have ended it
                driver.execute("ROLLBACK")
    finally:
        driver.execute("PRAGMA synchronous=FULL")
    if not held:
        found = driver.execute(READ, (hold[0], given)).fetchall()
    return Granted(held, tuple(Balance(*row) for row in found))
