"""What one runtime has of stores: opened at the first need, in the background of whoever needs it.

A database that cannot be had costs the chats their memory, one warning, and a new try every minute (law 7).
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

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
from adapters.sql.trouble import DatabaseTrouble
from adapters.vault.key_file import KeyFileUnusable, read_key, read_or_make_key
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.services.clean_artifacts import Store
from domain.services.remember_turn import Shelf
from entrypoints.openwebui.revisions import revisions_dir
from entrypoints.openwebui.storage_place import Place, StoragePlaceWrong, host_storage, storage_place
from entrypoints.settings import Settings
from entrypoints.settings_secret import passphrases
from ports.artifacts import Artifacts
from ports.breaker_state import BreakerState
from ports.cache import Cache
from ports.cipher import Cipher
from ports.clock import Clock
from ports.leases import Leases
from ports.offload import LARGE, Offload
from ports.telemetry import Telemetry
from ports.tool_runs import ToolRuns

AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class VaultWish:
    """What the settings ask of the vault; `unreadable`: a passphrase is stored but cannot be opened."""

    newest: str = ""
    older: tuple[str, ...] = ()
    unreadable: bool = False
    options: VaultOptions = field(default_factory=VaultOptions)


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything kept in one place; in memory if `place` is None. `cache` only where processes share a database."""

    artifacts: Artifacts
    leases: Leases
    tool_runs: ToolRuns
    breakers: BreakerState
    place: Place | None = None
    read_only: bool = False
    cache: Cache | None = None


def wish_of(settings: Settings) -> VaultWish:
    """Read from the settings what the vault is made of."""
    newest, older = settings.artifact_encryption_key, settings.artifact_previous_keys
    options = VaultOptions(settings.encrypt_all, settings.enable_lz4_compression, settings.min_compress_bytes)
    return VaultWish(newest.reveal().strip(), passphrases(older), newest.unreadable, options)


class Storage:
    """The stores of one event loop. `environ` and the host say where they are.

    `temporary` is where chats that are never saved are kept, and all others while there is nothing better.
    """

    def __init__(self, environ: Mapping[str, str], *, clock: Clock, offload: Offload, telemetry: Telemetry) -> None:
        self._environ, self._clock, self._offload, self._telemetry = environ, clock, offload, telemetry
        self._stack = AsyncExitStack()
        self._in_memory = MemoryArtifacts(clock)
        self._memory = Stores(self._in_memory, MemoryLeases(), MemoryToolRuns(), MemoryBreakerState())
        self.temporary_tool_runs: ToolRuns = self._memory.tool_runs
        self.temporary = Shelf(self._memory.artifacts, make_vault(KeyRing(), VaultOptions(compress=False)))
        self._opening: asyncio.Task[Stores] | None = None
        self._retry_at = 0.0
        self._wish = VaultWish()
        self._vault: tuple[VaultWish, asyncio.Task[Cipher]] | None = None
        self._warned: set[str] = set()

    def follow(self, settings: Settings) -> None:
        """Take note of the newest settings; what they change is made when it is needed.

        Also lets go of temporary chats whose hour is over, whoever asks something next.
        """
        self._wish = wish_of(settings)
        self._in_memory.purge()

    async def stores(self) -> Stores:
        """Return the stores, opening them if need be; those in memory while there are no others. Never raises."""
        return await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[Stores]":
        """Open the stores beside the caller, unless that was done or has just failed; return the task that does."""
        if self._opening is None or (self._failed() and self._clock.monotonic() >= self._retry_at):
            self._retry_at = self._clock.monotonic() + AGAIN_SECONDS
            self._opening = asyncio.get_running_loop().create_task(self._open(), name="openrouter-pipe-open-stores")
        return self._opening

    async def shelf(self) -> Shelf:
        """Return where artifacts are kept, and what seals them."""
        stores = await self.stores()
        if stores.place is None:
            return self.temporary
        try:
            return Shelf(stores.artifacts, await self._cipher(self._wish, stores.place), stores.read_only)
        except KeyFileUnusable as error:
            self._warn("artifact_key_unusable", error.reason)
            return self.temporary

    async def cleanable(self) -> Store | None:
        """Return what is to be cleaned; None if it must not be, or is in memory, which cleans itself."""
        stores, shelf = await self.stores(), await self.shelf()
        if shelf is self.temporary or shelf.read_only:
            return None
        return Store(shelf, stores.leases, stores.tool_runs, stores.breakers)

    async def aclose(self) -> None:
        """Close what was opened; waits for what is being opened."""
        tasks = [task for task in (self._opening, self._vault and self._vault[1]) if task is not None]
        if tasks:
            await asyncio.wait(tasks)
        await self._stack.aclose()

    # --- details ------------------------------------------------------------------------------------------

    def _failed(self) -> bool:
        task = self._opening
        return task is not None and task.done() and task.result().place is None

    async def _open(self) -> Stores:
        try:
            return await self._opened()
        except (StoragePlaceWrong, DatabaseTrouble) as error:
            self._warn("storage_unavailable", str(error))
        except Exception as defect:  # noqa: BLE001 - the edge of the stores: the chat goes on without
            self._warn("storage_unavailable", type(defect).__name__)
        return self._memory

    async def _opened(self) -> Stores:
        place = storage_place(self._environ, host_storage(self._environ), Path.cwd())
        if place.sqlite_file is not None:
            await asyncio.to_thread(_begin_file, place.sqlite_file)
        migrated = await migrate(place.url, revisions_dir, schema=place.schema)
        if place.sqlite_file is not None:
            await asyncio.to_thread(_keep_to_owner, place.sqlite_file)
        if migrated.read_only:
            self._warn("storage_read_only", migrated.read_only)
        database = Database(place.url, schema=place.schema, read_only=migrated.read_only)
        self._stack.push_async_callback(database.aclose)
        async with database.reading() as connection:  # connects now, and shows whether a driver is missing
            await connection.exec_driver_sql("SELECT 1")
        breakers = SqlBreakerState(database)
        tables = SqlArtifacts(database), SqlLeases(database), SqlToolRuns(database), breakers
        shared = SqlCache(database) if place.sqlite_file is None else None
        return Stores(*tables, place, bool(migrated.read_only), shared)

    async def _cipher(self, wish: VaultWish, place: Place) -> Cipher:
        """Make the vault of a wish once; a failed attempt is not kept."""
        if self._vault is None or self._vault[0] != wish or _broke(self._vault[1]):
            made = asyncio.get_running_loop().create_task(self._made(wish, place), name="openrouter-pipe-vault")
            self._vault = (wish, made)
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


def _begin_file(path: Path) -> None:
    """Make the database file, for its owner only, if it can be made; SQLite gives its companions the same rights.

    One that is there is never opened here: closing it would drop the locks SQLite holds on it for this process, and
    with them the journal. So a new one gets its name only after it was closed.
    """
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        if path.exists():
            return
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            path.hardlink_to(draft)
        finally:
            draft.unlink()
    except OSError:  # there by now, or no links here; what is wrong is told by name when it is opened
        return


def _keep_to_owner(path: Path) -> None:
    """Take rights of others away, without opening the file."""
    try:
        path.chmod(0o600)
    except OSError:  # another's file, lent to us
        return
