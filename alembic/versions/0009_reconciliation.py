"""0009 reconciliation: what came of comparing the ledger with upstream. Expand: the previous release ignores it.

Money is NUMERIC on PostgreSQL and text in plain notation on SQLite, as in the ledger.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0009"
down_revision = "0008"

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MONEY = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        "openrouter_pipe_reconciliation",
        sa.Column("key_id", WORDS, primary_key=True),
        sa.Column("day", WORDS, primary_key=True),
        sa.Column("model", WORDS, primary_key=True),
        sa.Column("figures", WORDS, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("inexact", sa.BigInteger, nullable=False),
        sa.Column("cost", MONEY, nullable=False),
        sa.Column("their_requests", sa.BigInteger, nullable=True),
        sa.Column("their_cost", MONEY, nullable=True),
        sa.Column("total", MONEY, nullable=True),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
    )
    op.create_index("openrouter_pipe_reconciliation_day", "openrouter_pipe_reconciliation", ["day"])
