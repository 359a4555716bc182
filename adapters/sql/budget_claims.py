"""The claims of a reservation as one text: as its row keeps them, and as a statement takes them."""

from collections.abc import Iterable
from json import dumps, loads
from typing import Any

from adapters.sql.texts import micros, moment_of
from ports.budgets import Claim, Unit


def written_claims(claims: Iterable[Claim]) -> str:
    """Return claims as JSON: account, unit, amount and end of the window, without limits."""
    return dumps([[claim.account, claim.unit.value, claim.amount, micros(claim.ends_at)] for claim in claims])


def claims_by_account(claims: Iterable[Claim]) -> str:
    """Return claims as a JSON object by account: unit, amount, end of the window and limit."""
    return dumps({one.account: [one.unit.value, one.amount, micros(one.ends_at), one.limit] for one in claims})


def read_claims(text: str) -> tuple[Claim, ...]:
    """Return the claims that a text holds, without those that only a newer version can read."""
    try:
        found = loads(text)
    except ValueError:
        return ()
    claims = (_claim_of(one) for one in found) if isinstance(found, list) else ()
    return tuple(claim for claim in claims if claim is not None)


def _claim_of(value: Any) -> Claim | None:
    try:
        account, unit, amount, ends = value
        return Claim(str(account), Unit(unit), int(amount), moment_of(ends))
    except (TypeError, ValueError, OverflowError):
        return None
