"""Decimals in a database: NUMERIC on PostgreSQL; on SQLite text in plain notation, added up there in whole numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func

from adapters.sql.lists import POSTGRES
from ports.ledger import PLACES
from ports.usage import EXACT

STEP = 10
"""Digits of the decimals that SQLite adds up at a time: a sum of a billion of them fits."""
SMALLEST = Decimal(1).scaleb(-PLACES)


def money(amount: Decimal) -> str:
    """Return an amount as text in plain notation, with PLACES decimals at most."""
    exponent = amount.as_tuple().exponent
    kept = amount.quantize(SMALLEST, context=EXACT) if isinstance(exponent, int) and exponent < -PLACES else amount
    return format(kept, "f")


def amount_of(value: Decimal | str | None) -> Decimal | None:
    """Return the amount that is stored as this value."""
    return Decimal(value) if isinstance(value, str) else value


def sums(dialect: str, column: ColumnElement[str]) -> list[ColumnElement[Any]]:
    """Return what to select so that `total` can add up a column of an aggregate."""
    if dialect == POSTGRES:
        return [func.coalesce(func.sum(column), 0)]
    point = func.instr(column, ".")
    decimals = case((point > 0, func.substr(column, point + 1)), else_="").op("||")("0" * PLACES)
    parts = [func.substr(decimals, 1 + start, STEP) for start in range(0, PLACES, STEP)]
    return [func.coalesce(func.sum(cast(part, BigInteger)), 0) for part in (column, *parts)]


def total(values: Sequence[Decimal | int]) -> Decimal:
    """Return the sum that these values are the parts of."""
    result = Decimal(0)
    for number, value in enumerate(values):
        result = EXACT.add(result, EXACT.scaleb(Decimal(value), -STEP * number))
    return result
