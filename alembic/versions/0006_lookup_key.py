"""0006 lookup_key: the sealed key of digests that are looked up; an index of tool_run by owner.

Expand: the previous release ignores both.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0006"
down_revision = "0005"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_lookup_key",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("key_id", WORDS, nullable=False),
        sa.Column("codec", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "openrouter_pipe_tool_run_owner", "openrouter_pipe_tool_run", ["namespace", "user_id", "started_at"]
    )
