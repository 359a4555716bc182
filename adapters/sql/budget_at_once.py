"""Reserve in one go: one statement on PostgreSQL, one visit to the driver's thread on SQLite.

A first word waits for this. It does not wait for the disk: a reservation that a power failure takes with it belongs to
a turn that ended with it, or that posts what it cost in any case.
"""

import sqlite3
from collections.abc import Collection
from typing import Any

from adapters.sql.budget_taking import claims_as_rows, taking_text
from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES
from adapters.sql.tables import qualified, reservation
from adapters.sql.trouble import DIVIDED, DatabaseTrouble
from ports.budgets import Balance, Claim

_HOLD = "(namespace, turn_id, state, claims, fence, expires_at)"
_NEW = "ON CONFLICT (namespace, turn_id) DO NOTHING RETURNING 1"


class ReserveAtOnce:
    """Takes claims and stores the reservation, or changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        mark = "%s" if database.dialect == POSTGRES else "?"
        self._take = taking_text(database.dialect, database.schema).replace(":of", mark).replace(":claims", mark)
        hold = f"INSERT INTO {qualified(reservation, database.schema)} {_HOLD}"
        self._hold = f"{hold} VALUES (?, ?, ?, ?, ?, ?) {_NEW}"
        self._whole = (
            f"WITH taken AS ({self._take}), "  # noqa: S608 - ours
            f"held AS ({hold} VALUES (%s, %s, %s, %s, %s, %s::bigint) {_NEW}), "
            # an answer that is not complete is a division by zero, which undoes all of it
            "complete AS (SELECT 1 / (CASE WHEN (SELECT count(*) FROM taken) = %s::bigint "
            "AND (SELECT count(*) FROM held) = 1 THEN 1 ELSE 0 END) AS yes, "
            "set_config('synchronous_commit', 'off', true)) "
            "SELECT account, spent, reserved FROM complete LEFT JOIN taken ON yes = 1"
        )

    async def reserve(
        self, hold: tuple[str, str, str, str, str, int], claims: Collection[Claim]
    ) -> list[Balance] | None:
        """Return the balances with the claims in them; None if an account refuses, or the turn has a reservation.

        `hold` is the row of the reservation. Raises DatabaseTrouble.
        """
        of, rows = hold[0], claims_as_rows(claims)
        if self._database.dialect == POSTGRES:
            try:
                found = await self._database.write_at_once(
                    self._whole, *(of, rows, rows), *map(str, hold), str(len(claims))
                )
            except DatabaseTrouble as trouble:
                if trouble.reason == DIVIDED:
                    return None
                raise
        else:
            found = await self._database.write_in_driver(lambda driver: self._in_driver(driver, hold, of, rows, claims))
        return [Balance(*row) for row in found] if found else None

    def _in_driver(
        self, driver: sqlite3.Connection, hold: tuple[Any, ...], of: str, rows: str, claims: Collection[Claim]
    ) -> list[Any]:
        driver.execute("PRAGMA synchronous=NORMAL")
        try:
            driver.execute("BEGIN IMMEDIATE")
            try:
                taken = driver.execute(self._take, (of, rows, rows)).fetchall()
                complete = len(taken) == len(claims) and len(driver.execute(self._hold, hold).fetchall()) == 1
                if complete:
                    driver.execute("COMMIT")
            finally:
                if driver.in_transaction:  # some errors have ended it
                    driver.execute("ROLLBACK")
        finally:
            driver.execute("PRAGMA synchronous=FULL")
        return taken if complete else []
