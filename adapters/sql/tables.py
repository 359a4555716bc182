"""The tables, with a prefix and metadata of their own: they may live in the database of a host.

Times are whole microseconds since 1970, UTC: exact and fast on both databases. On PostgreSQL texts compare by their
bytes, as in SQLite and Python. Source: the architecture, storage.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    text,
)

PREFIX = "openrouter_pipe_"
REVISION = "0010"
"""The newest step in `alembic/versions`, which brings a database to these tables."""

Words = Text().with_variant(Text(collation="C"), "postgresql")
Money = Text().with_variant(Numeric(), "postgresql")  # SQLite has no exact decimal: text in plain notation
Key = String(200).with_variant(String(200, collation="C"), "postgresql")

metadata = MetaData()

artifact = Table(
    f"{PREFIX}artifact",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("turn_id", Words, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", Words, nullable=False),
    Column("model", Words, nullable=False),
    Column("user_id", Words, nullable=False),
    Column("chat_id", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index(f"{PREFIX}artifact_turn", "namespace", "turn_id", "ordinal"),
    Index(f"{PREFIX}artifact_chat", "namespace", "chat_id", "created_at"),
    Index(f"{PREFIX}artifact_owner", "namespace", "user_id", "fingerprint", "turn_id"),
    Index(f"{PREFIX}artifact_touched", "namespace", "touched_at"),
    Index(f"{PREFIX}artifact_key", "namespace", "key_id", "id"),
)

lease = Table(
    f"{PREFIX}lease",
    metadata,
    Column("name", Key, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

tool_run = Table(
    f"{PREFIX}tool_run",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("turn_id", Words, primary_key=True),
    Column("call_id", Words, primary_key=True),
    Column("arguments_hash", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("user_id", Words, nullable=False),
    Column("chat_id", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=True),
    Column("key_id", Words, nullable=True),
    Column("codec", Integer, nullable=True),
    Column("size", BigInteger, nullable=True),
    Index(f"{PREFIX}tool_run_chat", "namespace", "chat_id", "state"),
    Index(f"{PREFIX}tool_run_started", "namespace", "started_at"),
    Index(f"{PREFIX}tool_run_owner", "namespace", "user_id", "started_at"),
)

breaker = Table(
    f"{PREFIX}breaker",
    metadata,
    Column("key", Key, primary_key=True),
    Column("state", Words, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

cache = Table(
    f"{PREFIX}cache",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

host = Table(
    f"{PREFIX}host",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("identity", Words, nullable=False),
)

lookup_key = Table(
    f"{PREFIX}lookup_key",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("codec", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
)

usage_entry = Table(
    f"{PREFIX}usage_entry",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("turn_id", Words, primary_key=True),
    Column("call_no", Integer, primary_key=True, autoincrement=False),
    Column("attempt_no", Integer, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("user_id", Words, nullable=False),
    Column("chat_id", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("endpoint", Words, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("requested_model", Words, nullable=False),
    Column("answering_model", Words, nullable=False),
    Column("provider", Words, nullable=False),
    Column("generation_id", Words, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("is_byok", Boolean(create_constraint=False), nullable=False),
    Column("cost", Money, nullable=True),
    Column("upstream_cost", Money, nullable=True),
    Column("cost_source", Words, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger, nullable=True),
    Index(f"{PREFIX}usage_entry_person", "namespace", "user_id", "started_at"),
    Index(f"{PREFIX}usage_entry_state", "namespace", "state", "started_at"),
    Index(
        f"{PREFIX}usage_entry_chat",
        "namespace",
        "user_id",
        "chat_id",
        sqlite_where=text("chat_id <> ''"),
        postgresql_where=text("chat_id <> ''"),
    ),
)

budget_account = Table(
    f"{PREFIX}budget_account",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("account", Key, primary_key=True),
    Column("unit", Words, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Index(f"{PREFIX}budget_account_ends", "namespace", "ends_at"),
)

reservation = Table(
    f"{PREFIX}reservation",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("turn_id", Words, primary_key=True),
    Column("state", Words, nullable=False),
    Column("claims", Words, nullable=False),
    Column("fence", Words, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(f"{PREFIX}reservation_state", "namespace", "state", "expires_at"),
)

budget = Table(
    f"{PREFIX}budget",
    metadata,
    Column("namespace", Words, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("rule", Words, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

reconciliation = Table(
    f"{PREFIX}reconciliation",
    metadata,
    Column("key_id", Words, primary_key=True),
    Column("day", Words, primary_key=True),  # 2026-11-30, UTC, for whoever reads the table
    Column("model", Words, primary_key=True),
    Column("figures", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("inexact", BigInteger, nullable=False),
    Column("cost", Money, nullable=False),
    Column("their_requests", BigInteger, nullable=True),
    Column("their_cost", Money, nullable=True),
    Column("total", Money, nullable=True),
    Column("checked_at", BigInteger, nullable=False),
    Index(f"{PREFIX}reconciliation_day", "day"),
)


def qualified(table: Table, schema: str) -> str:
    """Return a table's name for a statement written as text, with its schema unless that is the default one."""
    return f'"{schema.replace(chr(34), chr(34) * 2)}".{table.name}' if schema else str(table.name)
