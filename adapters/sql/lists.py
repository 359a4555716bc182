"""Lists of any length as one SQL parameter; both databases look them up by an index."""

from collections.abc import Iterable
from json import dumps

from sqlalchemy import ColumnElement, Select, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

POSTGRES = "postgresql"
SQLITE = "sqlite"


def listed(dialect: str, values: Iterable[str]) -> str | list[str]:
    """Return the value of a list parameter."""
    return list(values) if dialect == POSTGRES else dumps(list(values))


def rows_of(dialect: str, name: str) -> Select[tuple[str]]:
    """Select the elements of a list parameter."""
    if dialect == POSTGRES:
        return select(func.unnest(bindparam(name, type_=ARRAY(Text))).column_valued())
    return select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value)


def among(dialect: str, column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Return the condition that a column is in a list parameter."""
    if dialect == POSTGRES:
        return column == any_(bindparam(name, type_=ARRAY(Text)))
    return column.in_(rows_of(dialect, name))


def among_rows(dialect: str, column: ColumnElement[str], rows: Select[tuple[str]]) -> ColumnElement[bool]:
    """Return the condition that a column is among selected texts; both planners select the texts first."""
    if dialect == POSTGRES:
        return column == any_(func.array(rows.scalar_subquery()))
    return column.in_(rows)
