"""${up_revision} ${message}: what for. Expand or contract, and why the previous release can live with it."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade(op: Operations) -> None:
    ${upgrades if upgrades else "pass"}
