"""Empty databases, revisions to migrate them, and ways to inspect them."""

import asyncio
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from adapters.sql.engines import database_url
from adapters.sql.migrate import Migrated, Revisions, migrate
from tests.doubles.postgres import postgres_url

VERSIONS = Path(__file__).resolve().parents[3] / "alembic" / "versions"
BARE = dict.fromkeys(("namespace", "id", "turn_id", "kind", "model", "user_id", "chat_id", "message_id", "key_id"), "x")
OLD_ROW = BARE | {"ordinal": 0, "codec": 0, "size": 3, "created_at": 5, "touched_at": 7, "payload": b"\x00\xff'"}
OLD_RUN = dict.fromkeys(
    ("namespace", "turn_id", "call_id", "arguments_hash", "name", "user_id", "chat_id", "message_id"), "x"
) | {"state": "started", "started_at": 5}
NEWEST = max(file.name for file in VERSIONS.glob("*.py"))[:4]
BROKEN = f"""
from alembic.operations import Operations
import sqlalchemy as sa
revision = "9998"
down_revision = "{NEWEST}"
def upgrade(op):
    op.create_table("openrouter_pipe_half", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("openrouter_pipe_lease", sa.Column("half", sa.Integer))
    op.execute("SELECT half FROM there_is_no_such_table")
"""


def new_url(kind: str, folder: Path) -> str:
    """Return the URL of an empty database, "sqlite" or "postgres"."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/new-{uuid4().hex}.db"
    name = f"new_{uuid4().hex}"
    server = sa.create_engine(database_url(postgres_url()), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return database_url(postgres_url()).set(database=name).render_as_string(hide_password=False)


def revisions_in(folder: Path) -> Revisions:
    """Return a `Revisions` for an existing folder."""

    def given(_: ExitStack) -> Path:
        return folder

    return given


ALL = revisions_in(VERSIONS)


def some_revisions(folder: Path, keep: Callable[[str], bool], **more: str) -> Revisions:
    """Return a copy of the revisions whose file names `keep` accepts, plus `more` by name and text."""
    folder.mkdir()
    for file in VERSIONS.glob("*.py"):
        if keep(file.name):
            shutil.copy(file, folder)
    for name, text in more.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    return revisions_in(folder)


def first_release(folder: Path) -> Revisions:
    return some_revisions(folder / "first", lambda name: name.startswith("0001"))


def second_release(folder: Path) -> Revisions:
    return some_revisions(folder / "second", lambda name: name[:4] in ("0001", "0002"))


def migrated(url: str, revisions: Revisions = ALL, **more: object) -> Migrated:
    return asyncio.run(migrate(url, revisions, **more))  # type: ignore[arg-type]


def engine_of(url: str) -> sa.Engine:
    address = database_url(url)
    sync = address.set(drivername="sqlite") if address.get_backend_name() == "sqlite" else address
    return sa.create_engine(sync, poolclass=NullPool)


def tables_in(url: str, schema: str | None = None) -> set[str]:
    return set(sa.inspect(engine_of(url)).get_table_names(schema))


def run(
    url: str, statement: str | sa.Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> list[tuple[object, ...]]:
    """Run one statement in a transaction of its own and return its rows."""
    with engine_of(url).begin() as connection:
        asked = sa.text(statement) if isinstance(statement, str) else statement
        result = connection.execute(asked, values)
        return [tuple(row) for row in result] if result.returns_rows else []
