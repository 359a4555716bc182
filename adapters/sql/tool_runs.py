"""Tool runs in a database."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Executable,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.artifact_rows import plausible_turns
from adapters.sql.database import Database
from adapters.sql.lists import POSTGRES, among, listed
from adapters.sql.tables import tool_run
from adapters.sql.texts import micros, moment_of, original, stored
from adapters.sql.trouble import DatabaseTrouble
from ports.cipher import Sealed
from ports.retention import REFUSED, StoredChat
from ports.tool_runs import RUN_BYTES, RunBounds, RunState, ToolRun, ToolRunsUnavailable

r = tool_run.c
KEY = ("namespace", "turn_id", "call_id", "arguments_hash")
NAMESPACE = r.namespace == bindparam("in_namespace")
# An expression, not the bare column, so that the planner uses the indexes on chats and turns instead.
OWNED = func.coalesce(r.user_id, "") == bindparam("of_user")
KEPT = ("payload", "key_id", "codec", "size")
FINISH = (
    update(tool_run)
    .where(*(r[name] == bindparam(f"with_{name}") for name in KEY), r.state == RunState.STARTED.value)
    .values(state=RunState.FINISHED.value, **{name: bindparam(f"kept_{name}") for name in KEPT})
)
SETTLE = (
    update(tool_run)
    .where(NAMESPACE, r.turn_id == bindparam("of_turn"), r.state != RunState.SETTLED.value)
    .values(state=RunState.SETTLED.value, **dict.fromkeys(KEPT))
)
KEYS = tuple(r[name] for name in KEY)
NAMES = [column.name for column in tool_run.columns if column.name not in KEPT]
UNSETTLED = (
    r.state.in_([literal(state.value) for state in (RunState.STARTED, RunState.FINISHED)]),
    or_(r.state == RunState.STARTED.value, r.payload.is_not(None)),
)
OLD = select(*KEYS).where(NAMESPACE, r.started_at < bindparam("before")).order_by(r.started_at).limit(bindparam("most"))
DELETE_OLD = delete(tool_run).where(tuple_(*KEYS).in_(OLD))
CHATS = (
    select(r.chat_id, func.max(r.started_at))
    .where(NAMESPACE, r.chat_id > bindparam("after"))
    .group_by(r.chat_id)
    .order_by(r.chat_id)
    .limit(bindparam("most"))
)


def _beyond() -> Select[Any]:
    """Select up to `most` keys of an owner's oldest runs that are beyond the bounds and may be deleted."""
    newest = [r[name].desc() for name in ("started_at", *KEY[1:])]
    size = func.coalesce(func.length(r.payload), 0) + RUN_BYTES
    total, number = func.sum(size).over(order_by=newest), func.row_number().over(order_by=newest)
    owned = select(*KEYS, r.state, r.started_at, total.label("total"), number.label("number"))
    o = owned.where(NAMESPACE, r.user_id == bindparam("of_user")).subquery().c
    beyond = or_(o.total > bindparam("most_bytes", type_=BigInteger), o.number > bindparam("most_rows"))
    idle = or_(o.state != RunState.STARTED.value, o.started_at < bindparam("idle_before", type_=BigInteger))
    chosen = select(*(o[name] for name in KEY)).where(beyond, idle, o.turn_id != bindparam("spared"))
    return chosen.order_by(o.started_at, *(o[name] for name in KEY[1:])).limit(bindparam("most"))


BEYOND = _beyond()
DELETE_BEYOND = delete(tool_run).where(tuple_(*KEYS).in_(BEYOND))


def _delete_some(column: ColumnElement[str]) -> Delete:
    """Delete up to `most` runs with a `value` in a column."""
    chosen = select(*KEYS).where(NAMESPACE, column == bindparam("value")).limit(bindparam("most"))
    return delete(tool_run).where(tuple_(*KEYS).in_(chosen))


OF_CHAT, OF_PERSON = _delete_some(r.chat_id), _delete_some(r.user_id)


class SqlToolRuns:
    """Implements ToolRunStore on SQLite and PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = postgres_insert if database.dialect == POSTGRES else sqlite_insert
        rows = insert(tool_run).from_select(NAMES, _listed_rows(database.dialect))
        self._insert = rows.on_conflict_do_nothing(index_elements=list(KEYS)).returning(r.call_id)
        unsettled = select(*tool_run.columns).where(NAMESPACE, OWNED, *UNSETTLED)
        of_turns = unsettled.where(among(database.dialect, r.turn_id, "turns"))
        of_chat = unsettled.where(r.chat_id == bindparam("of_chat"), r.chat_id != "")
        both = of_chat.union(of_turns).subquery()
        newest = (both.c.started_at.desc(), both.c.turn_id.desc(), both.c.call_id.desc())
        self._unsettled = select(both).order_by(*newest).limit(bindparam("most"))

    async def start(self, runs: Collection[ToolRun]) -> frozenset[str]:
        """Insert all runs with one statement, ordered by key, so that two callers never deadlock."""
        if any(run.has_long_id() for run in runs):
            raise ToolRunsUnavailable(REFUSED)
        rows = [_row_of(run) for run in sorted(runs, key=_key_of)]
        if not rows:
            return frozenset()
        try:
            async with self._database.writing() as connection:
                new = (await connection.execute(self._insert, {"rows": dumps(rows)})).scalars().all()
        except DatabaseTrouble as trouble:
            raise ToolRunsUnavailable(trouble.reason) from trouble
        return frozenset(map(original, new))

    async def finish(self, runs: Collection[ToolRun]) -> None:
        """Mark by key, ordered by key."""
        forms = [replace(run, arguments_hash=form) for run in runs for form in (run.arguments_hash, *run.older_hashes)]
        rows = [_finished_row(run) for run in sorted(forms, key=_key_of)]
        if rows:
            await self._changed(FINISH, rows)

    async def settle(self, namespace: str, turn_id: str) -> None:
        """Mark by the first columns of the key."""
        await self._changed(SETTLE, {"in_namespace": stored(namespace), "of_turn": stored(turn_id)})

    async def unsettled(
        self, namespace: str, user_id: str, *, chat_id: str, turn_ids: Collection[str], limit: int
    ) -> tuple[ToolRun, ...]:
        """Read by chat and by turns in one statement."""
        values: dict[str, Any] = {
            "in_namespace": stored(namespace),
            "of_user": stored(user_id),
            "of_chat": stored(chat_id),
            "turns": listed(self._database.dialect, plausible_turns(turn_ids)),
            "most": limit,
        }
        try:
            async with self._database.reading() as connection:
                rows = (await connection.execute(self._unsettled, values)).all()
        except DatabaseTrouble as trouble:
            raise ToolRunsUnavailable(trouble.reason) from trouble
        return tuple(_run_of(row) for row in reversed(rows))

    async def trim(self, namespace: str, user_id: str, bounds: RunBounds, limit: int) -> int:
        """Look for what is beyond by a running total over the owner's runs, and delete it only if there is any."""
        values: dict[str, Any] = {
            "in_namespace": stored(namespace),
            "of_user": stored(user_id),
            "most_bytes": bounds.most_bytes,
            "most_rows": bounds.most_rows,
            "idle_before": micros(bounds.idle_before),
            "spared": stored(bounds.spared),
            "most": limit,
        }
        try:
            async with self._database.reading() as connection:
                found = (await connection.execute(BEYOND, {**values, "most": 1})).first()
        except DatabaseTrouble as trouble:
            raise ToolRunsUnavailable(trouble.reason) from trouble
        return await self._changed(DELETE_BEYOND, values) if found is not None else 0

    async def delete_before(self, namespace: str, before: datetime, limit: int) -> int:
        """Delete the oldest runs."""
        return await self._deleted(DELETE_OLD, namespace, limit, before=micros(before))

    async def chats(self, namespace: str, after: str, limit: int) -> tuple[StoredChat, ...]:
        """List chats by the index."""
        values = {"in_namespace": stored(namespace), "after": stored(after), "most": limit}
        try:
            async with self._database.reading() as connection:
                rows = (await connection.execute(CHATS, values)).all()
        except DatabaseTrouble as trouble:
            raise ToolRunsUnavailable(trouble.reason) from trouble
        return tuple(StoredChat(original(chat_id), moment_of(newest)) for chat_id, newest in rows)

    async def delete_chat(self, namespace: str, chat_id: str, limit: int) -> int:
        """Delete runs of a chat."""
        return await self._deleted(OF_CHAT, namespace, limit, value=stored(chat_id))

    async def delete_person(self, namespace: str, user_id: str, limit: int) -> int:
        """Delete runs of an owner."""
        return await self._deleted(OF_PERSON, namespace, limit, value=stored(user_id))

    async def _deleted(self, statement: Executable, namespace: str, limit: int, **values: str | int) -> int:
        return await self._changed(statement, {"in_namespace": stored(namespace), "most": limit, **values})

    async def _changed(self, statement: Executable, values: dict[str, Any] | list[dict[str, Any]]) -> int:
        try:
            async with self._database.writing() as connection:
                return int((await connection.execute(statement, values)).rowcount)
        except DatabaseTrouble as trouble:
            raise ToolRunsUnavailable(trouble.reason) from trouble


def _listed_rows(dialect: str) -> Select[Any]:
    """Select the columns of rows passed as one parameter, a JSON list of lists; each list ends with a list of older
    hashes, and a row is left out if it is stored under one of those.
    """
    place = len(NAMES)
    if dialect == POSTGRES:
        row = func.jsonb_array_elements(cast(bindparam("rows", type_=Text), JSONB)).table_valued("value").c.value
        values: list[ColumnElement[Any]] = [row.op("->>")(number) for number in range(place)]
        older = func.jsonb_array_elements_text(row.op("->")(place)).table_valued("value")
    else:
        row = func.json_each(bindparam("rows", type_=Text)).table_valued("value").c.value
        values = [func.json_extract(row, f"$[{number}]") for number in range(place)]
        older = func.json_each(row, f"$[{place}]").table_valued("value")
    started = NAMES.index("started_at")
    values[started] = cast(values[started], BigInteger)
    known = tool_run.alias("known")
    same = [known.c[name] == values[NAMES.index(name)] for name in KEY[:3]]
    under = known.c.arguments_hash.in_(select(older.c.value))
    return select(*values).where(~exists().select_from(known).where(*same, under))


def _key_of(run: ToolRun) -> tuple[str, ...]:
    return tuple(stored(text) for text in (run.namespace, run.turn_id, run.call_id, run.arguments_hash))


def _row_of(run: ToolRun) -> list[str | int | list[str]]:
    known: dict[str, str | int] = {"state": RunState.STARTED.value, "started_at": micros(run.started_at)}
    values = [known[name] if name in known else stored(getattr(run, name)) for name in NAMES]
    return [*values, [stored(form) for form in run.older_hashes]]


def _finished_row(run: ToolRun) -> dict[str, Any]:
    keys = {f"with_{name}": text for name, text in zip(KEY, _key_of(run), strict=True)}
    kept = run.kept
    if kept is None:
        return {**keys, **dict.fromkeys(f"kept_{name}" for name in KEPT)}
    values = (kept.payload, stored(kept.key_id), kept.codec, kept.size)
    return {**keys, **{f"kept_{name}": value for name, value in zip(KEPT, values, strict=True)}}


def _run_of(row: Row[Any]) -> ToolRun:
    texts = {name: original(value) for name in NAMES if isinstance(value := row._mapping[name], str)}
    kept = None if row.payload is None else Sealed(bytes(row.payload), original(row.key_id), row.codec, row.size)
    known: dict[str, Any] = {"state": RunState(row.state), "started_at": moment_of(row.started_at), "kept": kept}
    return ToolRun(**{**texts, **known})
