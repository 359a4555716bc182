"""0008 budget, budget_account, reservation: rules, counters, what running turns hold. Expand: the previous release
ignores the tables.

Amounts are whole numbers: of tokens, of requests, or of 10^-10 USD. `fence` names the process that holds a reservation.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0008"
down_revision = "0007"

PREFIX = "openrouter_pipe_"
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


def upgrade(op: Operations) -> None:
    op.create_table(
        f"{PREFIX}budget_account",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("account", KEY, primary_key=True),
        sa.Column("unit", WORDS, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("spent", "reserved", "ends_at")),
    )
    op.create_index(f"{PREFIX}budget_account_ends", f"{PREFIX}budget_account", ["namespace", "ends_at"])
    op.create_table(
        f"{PREFIX}reservation",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("turn_id", WORDS, primary_key=True),
        *(sa.Column(name, WORDS, nullable=False) for name in ("state", "claims", "fence")),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index(f"{PREFIX}reservation_state", f"{PREFIX}reservation", ["namespace", "state", "expires_at"])
    op.create_table(
        f"{PREFIX}budget",
        sa.Column("namespace", WORDS, primary_key=True),
        sa.Column("name", KEY, primary_key=True),
        sa.Column("rule", WORDS, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
