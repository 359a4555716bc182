"""0004 tool_run.payload, key_id, codec, size: the result of a finished call, stored until its turn is settled.

Expand: old rows and rows of the previous release keep NULL. The previous release reads started runs only, so it never
reads the new state "settled".
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0004"
down_revision = "0003"

TABLE = "openrouter_pipe_tool_run"
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.add_column(TABLE, sa.Column("payload", sa.LargeBinary, nullable=True))
    op.add_column(TABLE, sa.Column("key_id", WORDS, nullable=True))
    op.add_column(TABLE, sa.Column("codec", sa.Integer, nullable=True))
    op.add_column(TABLE, sa.Column("size", sa.BigInteger, nullable=True))
