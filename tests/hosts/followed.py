"""A function with a model list that the test changes, and the host's rows for these models."""

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.client import HostRefused
from entrypoints.devhost.waiting import deadline
from tests.hosts.installed import InstalledHost
from tests.hosts.list_server import ListServer

FUNCTION = "followed"
TABLES = ("model", "model_history", "access_grant")
SYNC_SECONDS = 120.0


@dataclass
class Followed:
    """A host with the function `followed`, which offers the models of `upstream`."""

    host: InstalledHost
    upstream: ListServer
    valves: dict[str, Any] = field(default_factory=dict)

    async def install(self, admin: HostAdmin) -> None:
        """Install the function."""
        await admin.install_function(FUNCTION, self.host.source)

    async def sync(self, admin: HostAdmin, **valves: Any) -> None:
        """Make the function reload its list, and return when the rows match it. The valves stay."""
        self.valves |= valves
        before = self._synced()
        key = f"key-{uuid4().hex}"  # another account, so another list
        await admin.set_valves(FUNCTION, {**self.valves, "API_KEY": key, "BASE_URL": self.upstream.url})
        async with deadline(SYNC_SECONDS, "the rows did not follow the list"):
            while self._synced() == before:
                await admin.models()
                await asyncio.sleep(0.1)

    def _synced(self) -> int:
        lines = self.host.server.log_text().splitlines()
        return sum("model_rows_synced" in line and FUNCTION in line for line in lines)

    async def row(self, admin: HostAdmin, slug: str) -> dict[str, Any]:
        """Return the host's row for a model."""
        return dict(await admin.request("GET", "/api/v1/models/model", query={"id": model_id(slug)}))

    async def has_row(self, admin: HostAdmin, slug: str) -> bool:
        """Return whether the host has a row for a model."""
        try:
            return bool(await self.row(admin, slug))
        except (HostRefused, TypeError):
            return False

    async def boxes(self, admin: HostAdmin, slug: str) -> Mapping[str, bool]:
        """Return a model's capability boxes as the page gets them."""
        (model,) = (model for model in await admin.models() if model["id"] == model_id(slug))
        return dict(model["info"]["meta"]["capabilities"])

    async def create(self, admin: HostAdmin, slug: str, **row: Any) -> None:
        """Create a private row as an administrator does."""
        access: dict[str, Any] = {"access_grants": []} if admin.at_least("0.8") else {"access_control": {}}
        form = {"id": model_id(slug), "base_model_id": None, "meta": {}, "params": {}, **access, **row}
        await admin.request("POST", "/api/v1/models/create", form)

    async def save(self, admin: HostAdmin, slug: str, **meta: Any) -> None:
        """Change entries of a row's meta as an administrator does, by saving the whole row."""
        row = await self.row(admin, slug)
        form = {**row, "meta": {**row["meta"], **meta}}
        query = None if admin.at_least("0.8") else {"id": row["id"]}
        await admin.request("POST", "/api/v1/models/model/update", form, query=query)

    def writes(self) -> int:
        """Return how many rows for models, their histories and grants were written since `count_writes`."""
        with closing(self._database()) as database:
            return int(database.execute("SELECT count(*) FROM test_writes").fetchone()[0])

    def count_writes(self) -> None:
        """Start to count written rows, with triggers in the database."""
        with closing(self._database()) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS test_writes (what TEXT)")
            there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in there.intersection(TABLES):
                for what in ("INSERT", "UPDATE", "DELETE"):
                    database.execute(
                        f"CREATE TRIGGER IF NOT EXISTS test_{table}_{what} AFTER {what} ON {table} "
                        f"BEGIN INSERT INTO test_writes VALUES ('{table} {what}'); END"
                    )
            database.execute("DELETE FROM test_writes")

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.host.server.folder / "data" / "webui.db", timeout=10)


def model_id(slug: str) -> str:
    """Return the host's id of a model."""
    return f"{FUNCTION}.{slug}"
