"""Decimals in a database: NUMERIC on PostgreSQL; on SQLite text in plain notation, added up there in whole numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, and_, case, cast, func, literal_column, not_

from adapters.sql.lists import POSTGRES
from ports.ledger import PLACES
from ports.usage import EXACT

STEP = 10
"""Digits of the decimals that SQLite adds up at a time: a sum of a billion of them fits."""
COMMON = 12
"""Decimals that nearly every amount has at most."""
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
    """Return what to select so that `total` can add up a column of an aggregate.

    SQLite evaluates each expression for each row. What nearly all calls cost, less than a dollar with COMMON decimals
    at most, is therefore one whole number; the pieces of all other amounts are computed for these alone.
    """
    if dialect == POSTGRES:
        return [func.sum(column)]
    is_common = and_(column < literal_column("'1'", Text), func.length(column) <= len("0.") + COMMON)
    common = _whole(func.substr(_padded(column, COMMON), len("0.") + 1, COMMON))
    point = func.instr(column, ".")
    decimals = _padded(case((point > 0, func.substr(column, point + 1)), else_=literal_column("''", Text)), PLACES)
    pieces = [func.substr(decimals, 1 + start, STEP) for start in range(0, PLACES, STEP)]
    others = [func.sum(case((not_(is_common), _whole(piece)))) for piece in (column, *pieces)]
    return [func.sum(case((is_common, common))), *others]


def total(values: Sequence[Decimal | int | None]) -> Decimal:
    """Return the sum that these values are the parts of."""
    common, *others = values
    if not others:  # PostgreSQL adds up by itself
        return Decimal(common or 0)
    result = EXACT.scaleb(Decimal(common or 0), -COMMON)
    for number, value in enumerate(others):
        if value:
            result = EXACT.add(result, EXACT.scaleb(Decimal(value), -STEP * number))
    return result


def _padded(digits: ColumnElement[str], places: int) -> ColumnElement[str]:
    return digits.op("||")(literal_column(f"'{'0' * places}'", Text))


def _whole(digits: ColumnElement[str]) -> ColumnElement[int]:
    return cast(digits, BigInteger)
