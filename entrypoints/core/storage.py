"""What one runtime has of stores: opened at the first need, in the background of whoever needs it.

A database that cannot be had costs the chats their memory, one warning, and a new try every minute (law 7); every ten
seconds if it may just be busy. A SQLite file that vanished or was replaced is noticed and opened anew.
"""

import asyncio
import math
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from adapters.sql.database import Database
from adapters.sql.trouble import LOCKED, TIMEOUT, DatabaseTrouble
from adapters.vault.key_file import KeyFileUnusable
from domain.services.clean_artifacts import CleanableStore
from domain.services.remember_turn import SealedStore
from domain.services.store_budget import PROBE_SECONDS
from entrypoints.core.memory_policy import VaultSettings
from entrypoints.core.storage_file import FileWatch
from entrypoints.core.storage_location import StorageLocation
from entrypoints.core.storage_vault import SealedWith, StorageVault
from entrypoints.core.stores import MemoryStores, Stores, open_stores
from entrypoints.core.warned_once import WarnedOnce
from ports.artifacts import ArtifactsError
from ports.breaker_state import FollowedBreakerState
from ports.cipher import Cipher
from ports.clock import Clock
from ports.lookup_keys import LookupKeysUnavailable
from ports.offload import Offload
from ports.telemetry import Telemetry
from ports.turn_scope import of_no_turn

T = TypeVar("T")
AGAIN_SECONDS = 60.0
CLOSE_SECONDS = 10.0
PASSING = frozenset({TIMEOUT, LOCKED, "unreachable"})
"""Reasons that may be over soon."""


class Storage:
    """The stores of one event loop, at their location; those in `memory` while there are no others."""

    def __init__(
        self,
        location: StorageLocation,
        *,
        clock: Clock,
        offload: Offload,
        telemetry: Telemetry,
        sealed_with: SealedWith = lambda _namespace, _key_id: None,
    ) -> None:
        self._location, self.clock = location, clock
        self._warned = WarnedOnce(telemetry)
        self._vault = StorageVault(offload, self._warned, sealed_with)
        self._file = FileWatch(clock, telemetry)
        self.memory = MemoryStores(clock)
        self._database: Database | None = None
        self._opening: asyncio.Task[Stores] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._retry_at, self._retries = 0.0, False
        self._closed = False

    def follow(self, settings: VaultSettings, namespace: str = "") -> None:
        """Follow the newest settings of the vault, and let go of temporary chats whose hour is over."""
        self._vault.follow(settings, namespace)
        self.memory.purge()

    @property
    def is_wanted(self) -> bool:
        """Whether anybody has wanted the stores to be opened."""
        return self._opening is not None

    async def stores(self) -> Stores:
        """Return the stores, opening them if need be; those in memory while there are no others. Never raises.

        The first opening is waited for, and so is that of a new file; a new try after a failure is not.
        """
        opening = self.begin()
        if self._looking is not None:  # else a lost file would be asked while it is being closed
            await asyncio.wait((self._looking,))
            opening = self._opening or opening
        if self._retries and not opening.done():
            return self.memory.stores
        return await asyncio.shield(opening)

    def begin(self) -> "asyncio.Task[Stores]":
        """Open the stores beside the caller, unless that was done or has just failed; return the task that does."""
        if self._opening is None or (self._failed() and self.clock.monotonic() >= self._retry_at):
            self._retries = self._opening is not None
            self._opening = self._task(self._open(), "open-stores")
        elif self._looking is None and (self._file.is_due() or self._found_lost()):
            self._looking = self._task(self._look(), "look-at-file")
        return self._opening

    @property
    def is_open(self) -> bool:
        """Return whether a database is open."""
        opening = self._opening
        return (
            opening is not None and opening.done() and not opening.cancelled() and opening.result().location is not None
        )

    def shared_breakers(self) -> FollowedBreakerState | None:
        """Return the breakers of the database, None while none is open that may be written."""
        opening = self._opening
        if not self.is_open or opening is None or opening.result().read_only:
            return None
        return opening.result().breakers

    async def in_memory(self) -> SealedStore:
        """Return the store of chats that are never saved."""
        return self.memory.sealed

    async def sealed_store(self) -> SealedStore:
        """Return where artifacts are kept, and what seals them."""
        stores = await self.stores()
        if stores.location is None:
            return self.memory.sealed
        try:
            cipher = await self._vault.cipher(stores)
        except (KeyFileUnusable, ArtifactsError, LookupKeysUnavailable) as error:
            self._warned.warn("artifact_key_unusable", error.reason)
            return self.memory.sealed
        return SealedStore(stores.artifacts, cipher, stores.read_only)

    async def journal_cipher(self) -> Cipher:
        """Return what keys the hashes of the tool journal; without a usable key they stay as they are."""
        return (await self.sealed_store()).cipher

    async def cleanable(self) -> CleanableStore | None:
        """Return what is to be cleaned; None if it must not be, or is in memory, which cleans itself."""
        stores, sealed = await self.stores(), await self.sealed_store()
        if sealed.read_only or not sealed.durable:
            return None
        return CleanableStore(
            stores.artifacts,
            stores.artifacts,
            sealed.cipher,
            stores.leases,
            stores.tool_runs,
            stores.breakers,
            stores.hosts,
        )

    async def aclose(self) -> None:
        """Close what was opened; waits a little for what is being opened, which then closes itself."""
        self._closed = True
        tasks = [task for task in (self._looking, self._opening, self._vault.making) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._give_up_lost()  # else its remains get into the file there now, when somebody opens that
        await self._close()

    # --- details ------------------------------------------------------------------------------------------

    def _failed(self) -> bool:
        task = self._opening
        return task is not None and task.done() and task.result().location is None

    def _task(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]":
        return asyncio.get_running_loop().create_task(work, name=f"openrouter-pipe-{name}", context=of_no_turn())

    def _found_lost(self) -> bool:
        return self._database is not None and self._database.found_lost

    async def _look(self) -> None:
        """See whether the file still is the one that was opened; if not, open what is there now, or a new one."""
        try:
            if self._database is not None:
                self._database.found_lost = False
            if await self._give_up_lost() and not self._closed:
                self._retries = False
                self._opening = self._task(self._reopen(), "reopen-stores")
        finally:
            self._looking = None

    async def _give_up_lost(self) -> bool:
        lost = await self._file.lost()
        if lost:
            await self._file.give_up(lost)
        return bool(lost)

    async def _reopen(self) -> Stores:
        """Let go of the lost file, then open what has its name."""
        await self._close()
        self._vault.forget()  # its key file may be lost too
        return await self._open()

    async def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            await database.aclose()

    async def _open(self) -> Stores:
        if not self._location.url:
            self._retry_at = math.inf
            if self._location.wrong:
                self._warned.warn("storage_unavailable", self._location.wrong)
            return self.memory.stores
        self._retry_at = self.clock.monotonic() + AGAIN_SECONDS
        try:
            stores, self._database = await open_stores(self._location, self._warned)
            if self._location.sqlite_file is not None:
                await self._file.begin(self._location.sqlite_file)
            if self._closed:
                raise DatabaseTrouble("closed")
        except DatabaseTrouble as error:
            self._warned.warn("storage_unavailable", str(error))
            if error.reason in PASSING:
                self._retry_at = self.clock.monotonic() + PROBE_SECONDS
        except Exception as defect:  # noqa: BLE001 - the edge of the stores: the chat goes on without
            self._warned.warn("storage_unavailable", type(defect).__name__)
        else:
            self._warned.forget("storage_unavailable")
            return stores
        await self._close()
        return self.memory.stores
