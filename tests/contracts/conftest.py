"""Empty stores of every kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.sql.database import Database
from tests.doubles.databases import database_in

KINDS = ("memory", "sqlite", "postgres")


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[Database | None]:
    database = None if kind == "memory" else database_in(kind, folder)
    try:
        yield database
    finally:
        if database is not None:
            await database.aclose()


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database | None]:
    """Provide a database, or None for a store in memory."""
    async with opened(request.param, tmp_path) as database:
        yield database
