"""0003 cache: small values shared by the processes of one database. Expand: the previous release ignores the table."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0003"
down_revision = "0002"

KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_cache",
        sa.Column("key", KEY, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
