"""Empty databases with the pipe's tables."""

from pathlib import Path

from sqlalchemy import create_engine, text

from adapters.sql.database import Database
from adapters.sql.engines import database_url
from adapters.sql.tables import metadata
from tests.doubles.postgres import postgres_url

TABLES = ", ".join(table.name for table in metadata.sorted_tables)


def sqlite_url(folder: Path) -> str:
    """Make a file with tables; return its URL."""
    url = f"sqlite:///{folder / 'store.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        metadata.create_all(connection)
    engine.dispose()
    return url


def empty_postgres_url() -> str:
    """Empty the tables of the shared server; return its URL."""
    engine = create_engine(database_url(postgres_url()))
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(text(f"TRUNCATE {TABLES}"))
    engine.dispose()
    return postgres_url()


def database_in(kind: str, folder: Path) -> Database:
    """Open an empty database, "sqlite" or "postgres"."""
    return Database(sqlite_url(folder) if kind == "sqlite" else empty_postgres_url())
