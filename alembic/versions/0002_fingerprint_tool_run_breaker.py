"""0002 artifact.fingerprint, tool_run, breaker. Expand: old rows and rows of the previous release have no fingerprint.

The default of the new column stays: workers of the previous release still insert rows without it.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0002"
down_revision = "0001"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.add_column("openrouter_pipe_artifact", sa.Column("fingerprint", WORDS, nullable=False, server_default=""))
    _index(op, "artifact", "owner", "user_id", "fingerprint", "turn_id")
    _index(op, "artifact", "key", "key_id", "id")
    op.create_table(
        "openrouter_pipe_tool_run",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("turn_id", WORDS, primary_key=True),
        sa.Column("call_id", WORDS, primary_key=True),
        sa.Column("arguments_hash", WORDS, primary_key=True),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("user_id", WORDS, nullable=False),
        sa.Column("chat_id", WORDS, nullable=False),
        sa.Column("message_id", WORDS, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
    )
    _index(op, "tool_run", "chat", "chat_id", "state")
    _index(op, "tool_run", "started", "started_at")
    op.create_table(
        "openrouter_pipe_breaker",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )


def _index(op: Operations, table: str, name: str, *columns: str) -> None:
    op.create_index(f"openrouter_pipe_{table}_{name}", f"openrouter_pipe_{table}", ["namespace", *columns])
