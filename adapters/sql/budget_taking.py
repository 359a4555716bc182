"""The statement that takes claims of their accounts: one for any number, with the claims as one JSON parameter.

An account that does not admit its claim is missing from what it returns; the caller then undoes it.
"""

from collections.abc import Iterable
from json import dumps

from adapters.sql.lists import POSTGRES
from adapters.sql.tables import budget_account, qualified
from adapters.sql.texts import micros
from ports.budgets import Claim

COLUMNS = ("account", "unit", "reserved", "ends_at")


def taking_text(dialect: str, schema: str = "") -> str:
    """Return the statement as text; `:of` stands for the namespace, `:claims` for the text of `claims_as_rows`.

    It returns account, spent and reserved of each account it changed; locks are taken in the order of the claims.
    """
    if dialect == POSTGRES:
        rows = "jsonb_array_elements(CAST(:claims AS jsonb))"
        account, unit, amount, ends, limit = "(r->>0)", "(r->>1)", *(f"CAST(r->>{n} AS bigint)" for n in (2, 3, 4))
        source, again = f"{rows} AS r", f"{rows} AS r"
    else:
        account, unit, amount, ends, limit = (f"json_extract(r.value, '$[{place}]')" for place in range(5))
        source = again = "json_each(:claims) AS r"
    # a lock that another worker holds for long must not take all connections of this one
    limited = "set_config('lock_timeout', '5s', true) <> ''" if dialect == POSTGRES else "true"
    taken = "a.spent + a.reserved"
    fits = f"{limit} IS NULL OR ({taken} < {limit} AND {taken} + excluded.reserved <= {limit})"
    return (
        f"INSERT INTO {qualified(budget_account, schema)} AS a (namespace, spent, {', '.join(COLUMNS)}) "  # noqa: S608 - ours
        f"SELECT :of, 0, {account}, {unit}, {amount}, {ends} FROM {source} WHERE {limited} "
        "ON CONFLICT (namespace, account) DO UPDATE "
        "SET reserved = a.reserved + excluded.reserved, ends_at = excluded.ends_at "
        f"WHERE EXISTS (SELECT 1 FROM {again} WHERE {account} = excluded.account AND ({fits})) "
        "RETURNING account, spent, reserved"
    )


def claims_as_rows(claims: Iterable[Claim]) -> str:
    """Return claims as the parameter of the statement, in the order of their accounts."""
    ordered = sorted(claims, key=lambda claim: claim.account)
    return dumps([[one.account, one.unit.value, one.amount, micros(one.ends_at), one.limit] for one in ordered])
