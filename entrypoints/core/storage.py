"""What one runtime has of stores: opened at the first need, in the background of whoever needs it.

A database that cannot be had costs the chats their memory, one warning, and a new try every minute (law 7); every ten
seconds if it may just be busy. A SQLite file that vanished or was replaced is noticed and opened anew.
"""

import asyncio
import math
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from adapters.memory.artifacts import MemoryArtifacts
from adapters.memory.breaker_state import MemoryBreakerState
from adapters.memory.leases import MemoryLeases
from adapters.memory.tool_runs import MemoryToolRuns
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.breaker_state import SqlBreakerState
from adapters.sql.cache import SqlCache
from adapters.sql.database import Database
from adapters.sql.leases import SqlLeases
from adapters.sql.migrate import migrate
from adapters.sql.tool_runs import SqlToolRuns
from adapters.sql.trouble import LOCKED, TIMEOUT, DatabaseTrouble
from adapters.vault.key_file import KeyFileUnusable, read_key, read_or_make_key
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.services.clean_artifacts import CleanableStore
from domain.services.remember_turn import SealedStore
from domain.services.store_time import PROBE_SECONDS
from entrypoints.core.policy import VaultWish
from entrypoints.core.revisions import revisions_dir
from entrypoints.core.storage_file import FileIds, begin_file, drop_companions, file_ids, keep_to_owner
from entrypoints.core.storage_place import Place
from ports.artifacts import ArtifactStore
from ports.breaker_state import BreakerState
from ports.cache import Cache
from ports.cipher import Cipher
from ports.clock import Clock
from ports.leases import Leases
from ports.offload import LARGE, Offload
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns, ToolRunStore

T = TypeVar("T")
AGAIN_SECONDS = 60.0
LOOK_SECONDS = 20.0
"""Between two looks whether the database file still is the one that was opened."""
CLOSE_SECONDS = 10.0
PASSING = frozenset({TIMEOUT, LOCKED, "unreachable"})
"""Reasons that may be over soon."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything kept in one place; in memory if `place` is None. `cache` only where processes share a database."""

    artifacts: ArtifactStore
    leases: Leases
    tool_runs: ToolRunStore
    breakers: BreakerState
    place: Place | None = None
    read_only: bool = False
    cache: Cache | None = None


class Storage:
    """The stores of one event loop, at their place.

    `temporary` is where chats that are never saved are kept, and all others while there is nothing better.
    """

    def __init__(self, place: Place, *, clock: Clock, offload: Offload, telemetry: Telemetry) -> None:
        self._place, self._clock, self._offload, self._telemetry = place, clock, offload, telemetry
        self._database: Database | None = None
        self._file: tuple[Path, FileIds] | None = None
        self._look_at = 0.0
        self._looking: asyncio.Task[None] | None = None
        self._closed = False
        self._in_memory = MemoryArtifacts(clock)
        self._memory = Stores(self._in_memory, MemoryLeases(), MemoryToolRuns(), MemoryBreakerState())
        self.temporary_tool_runs: ToolRuns = self._memory.tool_runs
        self.temporary = SealedStore(
            self._memory.artifacts, make_vault(KeyRing(), VaultOptions(compress=False)), durable=False
        )
        self._opening: asyncio.Task[Stores] | None = None
        self._retry_at, self._retries = 0.0, False
        self._wish = VaultWish()
        self._vault: tuple[VaultWish, asyncio.Task[Cipher]] | None = None
        self._warned: set[str] = set()

    def follow(self, wish: VaultWish) -> None:
        """Take note of the newest wish; what it changes is made when it is needed.

        Also lets go of temporary chats whose hour is over, whoever asks something next.
        """
        self._wish = wish
        self._in_memory.purge()

    async def stores(self) -> Stores:
        """Return the stores, opening them if need be; those in memory while there are no others. Never raises.

        The first opening is waited for, and so is that of a new file; a new try after a failure is not.
        """
        opening = self.begin()
        if self._retries and not opening.done():
            return self._memory
        return await asyncio.shield(opening)

    def begin(self) -> "asyncio.Task[Stores]":
        """Open the stores beside the caller, unless that was done or has just failed; return the task that does."""
        now = self._clock.monotonic()
        if self._opening is None or (self._failed() and now >= self._retry_at):
            self._retries = self._opening is not None
            self._opening = self._task(self._open(), "open-stores")
        elif self._file is not None and now >= self._look_at and self._looking is None:
            self._look_at = now + LOOK_SECONDS
            self._looking = self._task(self._look(self._file), "look-at-file")
        return self._opening

    async def in_memory(self) -> SealedStore:
        """Return the store of chats that are never saved."""
        return self.temporary

    async def sealed_store(self) -> SealedStore:
        """Return where artifacts are kept, and what seals them."""
        stores = await self.stores()
        if stores.place is None:
            return self.temporary
        try:
            return SealedStore(stores.artifacts, await self._cipher(self._wish, stores.place), stores.read_only)
        except KeyFileUnusable as error:
            self._warn("artifact_key_unusable", error.reason)
            return self.temporary

    async def cleanable(self) -> CleanableStore | None:
        """Return what is to be cleaned; None if it must not be, or is in memory, which cleans itself."""
        stores, sealed = await self.stores(), await self.sealed_store()
        if sealed.read_only or not sealed.durable:
            return None
        return CleanableStore(
            stores.artifacts, stores.artifacts, sealed.cipher, stores.leases, stores.tool_runs, stores.breakers
        )

    async def aclose(self) -> None:
        """Close what was opened; waits a little for what is being opened, which then closes itself."""
        self._closed = True
        vault = self._vault[1] if self._vault is not None else None
        tasks = [task for task in (self._looking, self._opening, vault) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        await self._close()

    # --- details ------------------------------------------------------------------------------------------

    def _failed(self) -> bool:
        task = self._opening
        return task is not None and task.done() and task.result().place is None

    def _task(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        return asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-{name}")

    async def _look(self, file: tuple[Path, FileIds]) -> None:
        """See whether the file still is the one that was opened; if not, open what is there now, or a new one."""
        path, known = file
        try:
            found = await asyncio.to_thread(file_ids, path)
            if self._closed:
                return
            if found[0] == known[0]:
                self._file = (path, found)
                return
            reason = "vanished" if found[0] is None else "replaced"
            self._telemetry.event("warning", "storage_file_lost", reason=reason, file=path.name)
            await asyncio.to_thread(drop_companions, path, known)
            self._file, self._retries = None, False
            self._opening = self._task(self._reopen(), "reopen-stores")
        finally:
            self._looking = None

    async def _reopen(self) -> Stores:
        """Let go of the lost file, then open what has its name."""
        await self._close()
        self._vault = None  # its key file may be lost too
        return await self._open()

    async def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            await database.aclose()

    async def _open(self) -> Stores:
        if not self._place.url:
            self._retry_at = math.inf
            if self._place.wrong:
                self._warn("storage_unavailable", self._place.wrong)
            return self._memory
        self._retry_at = self._clock.monotonic() + AGAIN_SECONDS
        try:
            stores = await self._opened(self._place)
        except DatabaseTrouble as error:
            self._warn("storage_unavailable", str(error))
            if error.reason in PASSING:
                self._retry_at = self._clock.monotonic() + PROBE_SECONDS
        except Exception as defect:  # noqa: BLE001 - the edge of the stores: the chat goes on without
            self._warn("storage_unavailable", type(defect).__name__)
        else:
            self._warned = {told for told in self._warned if not told.startswith("storage_unavailable")}
            return stores
        await self._close()
        return self._memory

    async def _opened(self, place: Place) -> Stores:
        if place.sqlite_file is not None:
            await asyncio.to_thread(begin_file, place.sqlite_file)
        migrated = await migrate(place.url, revisions_dir, schema=place.schema)
        if place.sqlite_file is not None:
            await asyncio.to_thread(keep_to_owner, place.sqlite_file)
        if migrated.read_only:
            self._warn("storage_read_only", migrated.read_only)
        database = Database(place.url, schema=place.schema, read_only=migrated.read_only)
        self._database = database
        async with database.reading() as connection:  # connects now, and shows whether a driver is missing
            await connection.exec_driver_sql("SELECT 1")
        if place.sqlite_file is not None:
            self._file = (place.sqlite_file, await asyncio.to_thread(file_ids, place.sqlite_file))
            self._look_at = self._clock.monotonic() + LOOK_SECONDS
        if self._closed:
            raise DatabaseTrouble("closed")
        breakers = SqlBreakerState(database)
        tables = SqlArtifacts(database), SqlLeases(database), SqlToolRuns(database), breakers
        shared = SqlCache(database) if place.sqlite_file is None else None
        return Stores(*tables, place, bool(migrated.read_only), shared)

    async def _cipher(self, wish: VaultWish, place: Place) -> Cipher:
        """Make the vault of a wish once; a failed attempt is not kept."""
        if self._vault is None or self._vault[0] != wish or _broke(self._vault[1]):
            self._vault = (wish, self._task(self._made(wish, place), "vault"))
        return await asyncio.shield(self._vault[1])

    async def _made(self, wish: VaultWish, place: Place) -> Cipher:
        if wish.unreadable:
            raise KeyFileUnusable("ARTIFACT_ENCRYPTION_KEY cannot be read, and nothing is kept until it can")
        path, file_key = place.key_file, None
        try:
            file_key = await asyncio.to_thread(_file_key, path, bool(wish.newest)) if path is not None else None
        except KeyFileUnusable as error:
            if not wish.newest:
                raise
            self._warn("artifact_key_unusable", error.reason)
        if not (wish.newest or file_key):
            self._warn("artifacts_not_encrypted", "set ARTIFACT_ENCRYPTION_KEY: what is kept of chats is stored clear")
        ring = KeyRing(wish.newest, wish.older, file_key)
        return await self._offload.run(lambda: make_vault(ring, wish.options), size=LARGE)

    def _warn(self, event: str, reason: str) -> None:
        """Say it once."""
        if f"{event}: {reason}" not in self._warned:
            self._warned.add(f"{event}: {reason}")
            self._telemetry.event("warning", event, reason=reason)


def _file_key(path: Path, has_passphrase: bool) -> bytes | None:
    """Read the key file; make one only where nothing else encrypts."""
    return read_key(path) if has_passphrase else read_or_make_key(path)


def _broke(task: "asyncio.Task[Cipher]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
