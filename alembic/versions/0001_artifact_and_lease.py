"""0001 artifact, lease: data that a turn stores for later turns, and work for one process at a time. Expand."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0001"
down_revision = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_artifact",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("id", WORDS, primary_key=True),
        sa.Column("turn_id", WORDS, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("model", WORDS, nullable=False),
        sa.Column("user_id", WORDS, nullable=False),
        sa.Column("chat_id", WORDS, nullable=False),
        sa.Column("message_id", WORDS, nullable=False),
        sa.Column("key_id", WORDS, nullable=False),
        sa.Column("codec", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("touched_at", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    _index(op, "turn", "turn_id", "ordinal")
    _index(op, "chat", "chat_id", "created_at")
    _index(op, "touched", "touched_at")
    op.create_table(
        "openrouter_pipe_lease",
        sa.Column("name", KEY, primary_key=True),
        sa.Column("owner", WORDS, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )


def _index(op: Operations, name: str, *columns: str) -> None:
    op.create_index(f"openrouter_pipe_artifact_{name}", "openrouter_pipe_artifact", ["namespace", *columns])
