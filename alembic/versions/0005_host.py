"""0005 host: which host the rows of a namespace belong to. Expand: the previous release ignores the table."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0005"
down_revision = "0004"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_host",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("identity", WORDS, nullable=False),
    )
