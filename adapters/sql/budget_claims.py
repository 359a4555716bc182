"""The claims of a reservation as one text."""

from collections.abc import Iterable
from json import dumps, loads

from adapters.sql.texts import micros, moment_of
from ports.budgets import Claim, Unit


def written_claims(claims: Iterable[Claim]) -> str:
    """Return claims as JSON: account, unit, amount and end of the window, without limits."""
    return dumps([[claim.account, claim.unit.value, claim.amount, micros(claim.ends_at)] for claim in claims])


def read_claims(text: str) -> tuple[Claim, ...]:
    """Return the claims that a text holds."""
    return tuple(Claim(account, Unit(unit), amount, moment_of(ends)) for account, unit, amount, ends in loads(text))
