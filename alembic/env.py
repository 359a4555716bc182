"""Connects alembic's own commands to a scratch database (`python alembic ...`, see docs/developers.md). Not shipped."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alembic.operations import Operations
from sqlalchemy import create_engine

from adapters.sql.engines import database_url
from adapters.sql.migrate import VERSION_TABLE
from adapters.sql.tables import PREFIX, metadata
from alembic import context


def ours(name: str | None, kind: str, _: object) -> bool:
    """Return whether to compare an object: tables of other programs are left out."""
    return kind != "table" or (name or "").startswith(PREFIX)


address = database_url(context.get_x_argument(as_dictionary=True).get("url", "sqlite:///dist/scratch.db"))
if address.get_backend_name() == "sqlite":
    address = address.set(drivername="sqlite")
with create_engine(address).connect() as connection:
    context.configure(connection, target_metadata=metadata, version_table=VERSION_TABLE, include_name=ours)
    context.run_migrations(op=Operations(context.get_context()))
    connection.commit()
