"""0007 usage_entry: one row per upstream attempt. Expand: the previous release ignores the table.

Money is NUMERIC on PostgreSQL; SQLite has no exact decimal, so there it is text in plain notation.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0007"
down_revision = "0006"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MONEY = sa.Text().with_variant(sa.Numeric(), "postgresql")
TEXTS = (
    "kind",
    "user_id",
    "chat_id",
    "message_id",
    "endpoint",
    "key_id",
    "requested_model",
    "answering_model",
    "provider",
    "generation_id",
)
COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_usage_entry",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("turn_id", WORDS, primary_key=True),
        sa.Column("call_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", WORDS, nullable=False),
        *(sa.Column(name, WORDS, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
        sa.Column("is_byok", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("cost", MONEY, nullable=True),
        sa.Column("upstream_cost", MONEY, nullable=True),
        sa.Column("cost_source", WORDS, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger, nullable=True),
    )
    for name, column in (("person", "user_id"), ("state", "state")):
        op.create_index(
            f"openrouter_pipe_usage_entry_{name}", "openrouter_pipe_usage_entry", ["namespace", column, "started_at"]
        )
