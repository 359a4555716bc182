"""The SQL statements for artifacts, built once per database; each finds its rows by an index."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Delete,
    Select,
    Update,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from adapters.sql.artifact_rows import COLUMNS
from adapters.sql.lists import POSTGRES, among, among_rows, rows_of
from adapters.sql.tables import artifact
from ports.artifacts import ROW_BYTES

a = artifact.c
NAMESPACE = a.namespace == bindparam("in_namespace")
MOST_BYTES = bindparam("most_bytes", type_=BigInteger)
KEY = tuple_(a.namespace, a.id)
# An expression, not the bare column (as with `touched_at` below), so that the planner uses the index on turns instead.
OWNED = func.coalesce(a.user_id, "") == bindparam("of_user")

LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(bindparam("key", type_=BigInteger))
SHARED_LOCK = text("SELECT pg_advisory_xact_lock_shared(:key)").bindparams(bindparam("key", type_=BigInteger))


def insert_new(dialect: str) -> Any:
    """Insert rows; skip existing ones."""
    insert = postgres_insert if dialect == POSTGRES else sqlite_insert
    return insert(artifact).on_conflict_do_nothing(index_elements=[a.namespace, a.id])


def find_turns(dialect: str) -> Select[Any]:
    """Select an owner's rows of `turns`, and of turns with one of `prints`; newest turns first.

    Whole turns up to `most_bytes`: their sizes are added up first, so that no payload beyond that is read.
    """
    printed = select(a.turn_id).where(
        NAMESPACE, a.user_id == bindparam("of_user"), among(dialect, a.fingerprint, "prints")
    )
    wanted = select(rows_of(dialect, "turns").union(printed).subquery().columns[0])
    sized = (
        select(a.namespace, a.id, _running_total(_size()))
        .where(NAMESPACE, among_rows(dialect, a.turn_id, wanted), OWNED)
        .order_by(a.turn_id.desc(), a.ordinal, a.id)
        .limit(bindparam("most"))
        .subquery()
    )
    return (
        select(*COLUMNS)
        .join(sized, (a.namespace == sized.c.namespace) & (a.id == sized.c.id))
        .where(sized.c.total <= MOST_BYTES)
        .order_by(a.turn_id.desc(), a.ordinal, a.id)
    )


def beyond() -> Select[Any]:
    """Select up to `most` ids of an owner's oldest turns, those beyond `most_bytes` counted from the newest turn."""
    owned = (
        select(a.id, a.turn_id, _running_total(func.length(a.payload) + ROW_BYTES))
        .where(NAMESPACE, a.user_id == bindparam("of_user"))
        .subquery()
    )
    return (
        select(owned.c.id)
        .where(owned.c.total > MOST_BYTES)
        .order_by(owned.c.turn_id, owned.c.id)
        .limit(bindparam("most"))
    )


def _size() -> Any:
    """Return what a row counts: its stored or its original bytes, whichever are more."""
    stored_bytes = func.length(a.payload)
    return case((a.size > stored_bytes, a.size), else_=stored_bytes).label("counted")


def by_ids(dialect: str) -> Select[Any]:
    """Select rows by `ids`, in their order."""
    return select(*COLUMNS).where(NAMESPACE, among(dialect, a.id, "ids")).order_by(a.id)


def _running_total(size: Any) -> Any:
    """Add up a size over turns, the newest first; every row of a turn has the total of the whole turn."""
    return func.sum(size).over(order_by=a.turn_id.desc()).label("total")


def touch_turns(dialect: str) -> Update:
    """Set `touched_at` to `at`."""
    return update(artifact).where(NAMESPACE, among(dialect, a.turn_id, "turns")).values(touched_at=bindparam("at"))


def unbind_turns(dialect: str) -> Update:
    """Clear chat and message ids."""
    return update(artifact).where(NAMESPACE, among(dialect, a.turn_id, "turns")).values(chat_id="", message_id="")


def delete_kinds(dialect: str) -> Delete:
    """Delete an owner's rows of `turns` and `kinds`."""
    return delete(artifact).where(NAMESPACE, among(dialect, a.turn_id, "turns"), OWNED, among(dialect, a.kind, "kinds"))


def untouched() -> Select[Any]:
    """Select turns and ids of rows touched before `before`, of turns without a row touched later; oldest first."""
    other = artifact.alias("other")
    later = select(literal(1)).where(
        other.c.namespace == a.namespace, other.c.turn_id == a.turn_id, other.c.touched_at + 0 >= bindparam("before")
    )
    return (
        select(a.turn_id, a.id)
        .where(NAMESPACE, a.touched_at < bindparam("before"), ~later.exists())
        .order_by(a.touched_at, a.turn_id, a.ordinal)
        .limit(bindparam("most"))
    )


def delete_ids(dialect: str) -> Delete:
    """Delete rows by their `ids`."""
    return delete(artifact).where(NAMESPACE, among(dialect, a.id, "ids"))


def delete_some(column: Any) -> Delete:
    """Delete up to `most` rows with a `value` in a column."""
    chosen = select(a.namespace, a.id).where(NAMESPACE, column == bindparam("value")).limit(bindparam("most"))
    return delete(artifact).where(KEY.in_(chosen))


def chats_after() -> Select[Any]:
    """Select chats greater than `after`, each with the time of its newest row."""
    return (
        select(a.chat_id, func.max(a.created_at))
        .where(NAMESPACE, a.chat_id > bindparam("after"))
        .group_by(a.chat_id)
        .order_by(a.chat_id)
        .limit(bindparam("most"))
    )


def key_ids() -> Select[Any]:
    """Select the key ids in use by stepping through the index."""
    first = select(func.min(a.key_id).label("key_id")).where(NAMESPACE)
    keys = first.cte("keys", recursive=True)
    following = select(func.min(a.key_id)).where(NAMESPACE, a.key_id > keys.c.key_id).scalar_subquery()
    keys = keys.union_all(select(following).where(keys.c.key_id.is_not(None)))
    return select(keys.c.key_id).where(keys.c.key_id.is_not(None))


def all_key_ids() -> Select[Any]:
    """Select the key ids in use in all namespaces."""
    return select(a.key_id).distinct()


def sealed_with() -> Select[Any]:
    """Select ids and sizes of rows of one `key` with ids greater than `after`."""
    return (
        select(a.id, _size())
        .where(NAMESPACE, a.key_id == bindparam("key"), a.id > bindparam("after"))
        .order_by(a.id)
        .limit(bindparam("most"))
    )


def reseal_one() -> Update:
    """Replace the seal of a row if it has not changed since it was read."""
    return (
        update(artifact)
        .where(
            NAMESPACE,
            a.id == bindparam("with_id"),
            a.key_id == bindparam("old_key"),
            a.payload == bindparam("old_payload"),
        )
        .values({name: bindparam(f"new_{name}") for name in ("key_id", "codec", "size", "payload")})
    )
