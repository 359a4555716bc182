"""Reserve on PostgreSQL: one statement locks the accounts, compares, and writes all or nothing.

It runs at READ COMMITTED: locking an account returns its newest committed version, which nobody else can change any
more, and `ON CONFLICT DO UPDATE` changes that version, not the one that was there when the statement began. Each part
of the statement reads the rows of the part before it, so they run in this order. A refusal is an answer without an
error, because operators watch the errors of their server.
"""

from collections.abc import Collection

from adapters.sql.budget_claims import claims_by_account
from adapters.sql.database import Database
from adapters.sql.tables import budget_account, qualified, reservation
from adapters.sql.trouble import LOCKED, DatabaseTrouble
from ports.budgets import Balance, Claim, Granted

TRIES = 4
"""Of one reservation, while accounts that it opened are removed."""
MOST_KNOWN = 10_000
_COLUMNS = "(namespace, account, unit, spent, reserved, ends_at)"
# a lock that another worker holds for long must not take all connections of this one
_LIMITS = "set_config('lock_timeout', '5s', true) || set_config('synchronous_commit', 'off', true)"


class ReserveOnPostgres:
    """Takes claims and stores the reservation, or changes nothing.

    Accounts that this process has not seen yet are opened first, by a statement of its own: most are new, because a new
    window of time has begun.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opening, self._reserving = opening(database.schema), reserving(database.schema)
        self._known: set[tuple[str, str]] = set()

    async def reserve(self, hold: tuple[str, str, str, str, str, int], claims: Collection[Claim]) -> Granted:
        """Return whether the claims were taken, and the balances after that. Raises DatabaseTrouble.

        They are not taken if an account refuses or the turn has a reservation. `hold` is the row of the reservation.
        A first word waits for this. It does not wait for the disk: a reservation that a power failure takes with it
        belongs to a turn that ended with it, or that posts what it cost in any case.
        """
        of, given, names = hold[0], claims_by_account(claims), [claim.account for claim in claims]
        count, are_known = str(len(names)), self._known.issuperset((of, name) for name in names)
        for _ in range(TRIES):
            if not are_known:
                await self._database.write_at_once(self._opening, of, given, count, of)
            rows = await self._database.write_at_once(self._reserving, given, of, names, *map(str, hold), count)
            balances = tuple(Balance(*row[1:]) for row in rows if row[1] is not None)
            are_known = len(balances) == len(names)
            if are_known:
                self._remember(of, names)
                return Granted(bool(rows[0][0]), balances)
        raise DatabaseTrouble(LOCKED)

    def _remember(self, namespace: str, names: Collection[str]) -> None:
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        self._known.update((namespace, name) for name in names)


def opening(schema: str) -> str:
    """Return the statement that inserts accounts which do not exist, in the order of their names.

    Its values: the namespace, the claims, their number (the planner then expects so many), the namespace.
    """
    accounts = qualified(budget_account, schema)
    return (
        f"INSERT INTO {accounts} {_COLUMNS} "  # noqa: S608 - ours
        "SELECT %s, key, value->>0, 0, 0, CAST(value->>2 AS bigint) "
        "FROM (SELECT key, value FROM jsonb_each(CAST(%s AS jsonb)) LIMIT CAST(%s AS bigint)) AS claims "
        f"WHERE NOT EXISTS (SELECT 1 FROM {accounts} AS a WHERE a.namespace = %s AND a.account = key) "
        f"AND (SELECT {_LIMITS}) <> '' "
        'ORDER BY key COLLATE "C" ON CONFLICT (namespace, account) DO NOTHING'
    )


def reserving(schema: str) -> str:
    """Return the statement that reserves.

    Its values: the claims, the namespace, the accounts, the columns of the reservation, the number of claims. Its rows:
    whether it reserved, and account, spent and reserved of each account it found; without all of them it reserves
    nothing. It locks accounts in the order of their names, before it writes anything.
    """
    accounts, holds = qualified(budget_account, schema), qualified(reservation, schema)
    amount, ends, most = (f"CAST(given.claims->a.account->>{place} AS bigint)" for place in (1, 2, 3))
    taken = "a.spent + a.reserved"
    return (
        "WITH locked AS (SELECT a.namespace, a.account, a.unit, a.spent, a.reserved, "  # noqa: S608 - ours
        f"{amount} AS amount, {ends} AS ends_at, "
        f"{most} IS NULL OR ({taken} < {most} AND {taken} + {amount} <= {most}) AS fits "
        f"FROM (SELECT CAST(%s AS jsonb) AS claims) AS given CROSS JOIN {accounts} AS a "
        f"WHERE a.namespace = %s AND a.account = ANY(%s) AND (SELECT {_LIMITS}) <> '' "
        "ORDER BY a.account FOR UPDATE OF a), "
        f"held AS (INSERT INTO {holds} (namespace, turn_id, state, claims, fence, expires_at) "
        "SELECT %s, %s, %s, %s, %s, CAST(%s AS bigint) "
        "WHERE (SELECT count(*) FROM locked WHERE fits) = CAST(%s AS bigint) "
        "ON CONFLICT (namespace, turn_id) DO NOTHING RETURNING 1), "
        f"taken AS (INSERT INTO {accounts} AS a {_COLUMNS} "
        "SELECT namespace, account, unit, 0, amount, ends_at FROM held CROSS JOIN locked "
        "ON CONFLICT (namespace, account) DO UPDATE "
        "SET reserved = a.reserved + excluded.reserved, ends_at = excluded.ends_at) "
        "SELECT done.times, account, spent, reserved + done.times * amount "
        "FROM (SELECT count(*) AS times FROM held) AS done LEFT JOIN locked ON true"
    )
