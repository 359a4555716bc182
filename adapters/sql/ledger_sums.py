"""The statements that add the ledger up."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
    union_all,
)

from adapters.sql.lists import POSTGRES
from adapters.sql.money import sums
from adapters.sql.tables import usage_entry
from ports.ledger import OWN_KEY, CostSource, EntryState

u = usage_entry.c
DAY = timedelta(days=1) // timedelta(microseconds=1)
EMPTY = literal_column("''", Text)


def fixed(state: EntryState | CostSource) -> ColumnElement[str]:
    """Return a state, or a source of costs, as part of the statement's text.

    A statement for many rows has no parameters beside theirs.
    """
    return literal_column(f"'{state.value}'", Text)


def all_of(states: Iterable[EntryState | CostSource]) -> list[ColumnElement[str]]:
    """Return states as parts of the statement's text."""
    return [fixed(state) for state in states]


NAMESPACE = u.namespace == bindparam("in_namespace")
SENT = u.state.in_(all_of(state for state in EntryState if state is not EntryState.VOID))
EXACT = u.state == fixed(EntryState.SETTLED)
MODEL = case((u.answering_model != EMPTY, u.answering_model), else_=u.requested_model)


@cache  # building one takes milliseconds
def spend_of(dialect: str, *, one_day: bool) -> Select[Any]:
    """Return the statement that adds up by person, model and day; if all is of `one_day`, that day is a parameter."""
    day = (
        bindparam("of_day", type_=BigInteger) if one_day else u.started_at.op("/")(literal_column(str(DAY), BigInteger))
    )
    if dialect == POSTGRES:
        return _joined(dialect, day, one_day=one_day)
    # a bare user_id would make SQLite group by the index on people and read all of it
    person = func.coalesce(u.user_id, EMPTY).label("person")
    groups = [person, MODEL.label("model"), _own().label("own_key")] + ([] if one_day else [day.label("day")])
    shown = [*groups, day.label("day")] if one_day else groups
    return _counted(dialect, shown).group_by(*groups)


def _joined(dialect: str, day: ColumnElement[int], *, one_day: bool) -> Select[Any]:
    """Group by bare columns first, and join the names of models then.

    PostgreSQL knows how many values a column has, but not an expression: so it counts few groups in a hash table
    instead of sorting all rows.
    """
    groups: list[ColumnElement[Any]] = [u.user_id.label("person"), u.answering_model, u.requested_model]
    groups.append(_own().label("own_key"))
    groups += [] if one_day else [day.label("day")]
    found = _counted(dialect, groups).group_by(*groups).subquery("found").c
    counts = list(found)[len(groups) :]
    model = case((found.answering_model != EMPTY, found.answering_model), else_=found.requested_model)
    shown = day.label("day") if one_day else found.day
    return select(
        found.person, model.label("model"), found.own_key, shown, *(func.sum(one).label(one.name) for one in counts)
    ).group_by("person", "model", found.own_key, *([] if one_day else ["day"]))


def _own() -> ColumnElement[int]:
    """Return 1 where a person's own key paid, else 0."""
    own = func.substr(u.key_id, 1, len(OWN_KEY)) == literal_column(f"'{OWN_KEY}'", Text)
    return case((own, 1), else_=0)


def _counted(dialect: str, groups: Sequence[ColumnElement[Any]]) -> Select[Any]:
    amounts = [*sums(dialect, u.cost), *sums(dialect, u.upstream_cost)]
    return select(
        *groups,
        func.count().label("entries"),
        func.sum(case((EXACT, 0), else_=1)).label("inexact"),
        func.sum(u.input_tokens + u.output_tokens).label("tokens"),
        *(amount.label(f"amount_{number}") for number, amount in enumerate(amounts)),
    ).where(NAMESPACE, SENT, u.started_at >= bindparam("since"), u.started_at < bindparam("until"))


@cache  # building one takes milliseconds
def sums_by_model(dialect: str) -> Select[Any]:
    """Return the statement that adds up by model what one key paid."""
    return (
        select(
            MODEL.label("model"),
            func.count().label("entries"),
            func.sum(case((EXACT, 0), else_=1)).label("inexact"),
            *sums(dialect, u.cost),
        )
        .where(NAMESPACE, SENT, u.started_at >= bindparam("since"), u.started_at < bindparam("until"))
        .where(u.key_id == bindparam("of_key"), u.cost_source != literal_column(f"'{CostSource.FREE.value}'", Text))
        .group_by("model")
        .order_by("model")
    )


@cache  # building one takes milliseconds
def sums_of_person(dialect: str, of_chat: bool, since: bool) -> Select[Any]:
    """Return the statement that adds up what a person's attempts cost: what is exact and what is not, in a row each."""
    unknown = u.cost_source == literal_column(f"'{CostSource.UNKNOWN.value}'", Text)
    statement = select(
        EXACT.label("exact"),
        func.sum(case((unknown, 1), else_=0)).label("unknown"),
        *sums(dialect, u.cost),
        *sums(dialect, u.upstream_cost),
    ).where(NAMESPACE, u.user_id == bindparam("of_user"), SENT, u.turn_id != bindparam("but_turn"))
    if of_chat:  # the first term lets the index serve that knows only entries of chats
        statement = statement.where(u.chat_id != EMPTY, u.chat_id == bindparam("of_chat"))
    if since:
        statement = statement.where(u.started_at >= bindparam("since"))
    return statement.group_by("exact")


def _bounds() -> Select[Any]:
    """Return a statement for the first and the last time of what was sent, each found by one look into the index."""
    ends = [
        select(end(u.started_at).label("at")).where(
            NAMESPACE, u.state == fixed(state), u.started_at >= bindparam("since"), u.started_at < bindparam("until")
        )
        for state in EntryState
        if state is not EntryState.VOID
        for end in (func.min, func.max)
    ]
    times = union_all(*ends).subquery("times")
    return select(func.min(times.c.at), func.max(times.c.at))


BOUNDS = _bounds()
