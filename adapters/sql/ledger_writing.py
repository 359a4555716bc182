"""The statement that writes entries of the ledger: one for any number, with their rows as one JSON parameter.

It is text: SQLAlchemy compiles a statement with `ON CONFLICT` anew each time, which takes longer than the write.
"""

from collections.abc import Callable, Collection, Iterable
from json import dumps
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer

from adapters.sql.lists import POSTGRES
from adapters.sql.money import money
from adapters.sql.tables import qualified, usage_entry
from adapters.sql.texts import ODD, micros, stored
from ports.ledger import FOLLOWERS, Entry, EntryState

KEYS = ("namespace", "turn_id", "call_no", "attempt_no")
NAMES = tuple(column.name for column in usage_entry.columns)
MONEY, TIMES = ("cost", "upstream_cost"), ("started_at", "settled_at")
VALUES = attrgetter(*NAMES)
TEXTS = tuple(place for place, name in enumerate(NAMES) if Entry.__annotations__[name] is str)
CONVERTED: tuple[tuple[int, Callable[[Any], object]], ...] = tuple(
    (NAMES.index(name), convert)
    for names, convert in ((MONEY, money), (TIMES, micros), (("state", "cost_source"), attrgetter("value")))
    for name in names
)
KEPT = frozenset({*KEYS, "started_at", "generation_id"})
"""Columns that the first write of an entry decides, and one that is only ever filled."""


def statement_for(dialect: str, schema: str = "") -> str:
    """Return the statement; its one parameter is the text that `rows_of` returns."""
    table = qualified(usage_entry, schema)
    if dialect == POSTGRES:
        values, rows = [_of_jsonb(place) for place in range(len(NAMES))], "jsonb_array_elements(%s::jsonb) AS r"
    else:
        values = [f"json_extract(r.value, '$[{place}]')" for place in range(len(NAMES))]
        rows = "json_each(?) AS r WHERE true"  # else SQLite takes the ON for that of a join
    new = ", ".join(f"{name} = excluded.{name}" for name in NAMES if name not in KEPT)
    named = "CASE WHEN excluded.generation_id <> '' THEN excluded.generation_id ELSE u.generation_id END"
    allowed = " OR ".join(_allowed(state) for state in EntryState if FOLLOWERS[state])
    later = f"excluded.state <> '{EntryState.STARTED.value}' OR excluded.generation_id <> ''"
    insert = f"INSERT INTO {table} AS u ({', '.join(NAMES)}) SELECT {', '.join(values)} FROM {rows}"  # noqa: S608 - ours
    update = f"UPDATE SET {new}, generation_id = {named} WHERE ({allowed}) AND ({later})"
    return f"{insert} ON CONFLICT ({', '.join(KEYS)}) DO {update}"


def rows_of(entries: Iterable[Entry]) -> str:
    """Return entries as the parameter of the statement, ordered by key, so that two callers never deadlock."""
    return dumps([row_of(entry) for entry in sorted(entries, key=lambda entry: entry.key)])


def row_of(entry: Entry) -> list[Any]:
    """Return the values of an entry in the order of the columns."""
    row = list(VALUES(entry))
    for place, convert in CONVERTED:
        value = row[place]
        if value is not None:
            row[place] = convert(value)
    if ODD.search("".join([row[place] for place in TEXTS])) is not None:
        for place in TEXTS:
            row[place] = stored(row[place])
    return row


def _of_jsonb(place: int) -> str:
    kind = usage_entry.columns[NAMES[place]].type
    if NAMES[place] in MONEY:
        return f"(r->>{place})::numeric"
    if isinstance(kind, Boolean):
        return f"(r->>{place})::boolean"
    return f"(r->>{place})::bigint" if isinstance(kind, BigInteger | Integer) else f"r->>{place}"


def _allowed(state: EntryState) -> str:
    followers: Collection[str] = sorted(f"'{one.value}'" for one in FOLLOWERS[state])
    return f"(u.state = '{state.value}' AND excluded.state IN ({', '.join(followers)}))"
