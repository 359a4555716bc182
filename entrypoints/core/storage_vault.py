"""What seals the stores: made of the newest settings and of the key file beside the database."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path

from adapters.vault.key_file import KeyFileUnusable, read_key, read_or_make_key
from adapters.vault.keys import key_of_passphrase
from adapters.vault.vault import KeyRing, make_vault
from entrypoints.core.policy import VaultSettings
from entrypoints.core.storage_location import LOOKUP_KEY_FILE
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.settings_secret import SHORT, is_short
from ports.cipher import Cipher
from ports.offload import LARGE, Offload


class StorageVault:
    """Makes the vault of the newest settings once, in a thread. Belongs to one event loop."""

    def __init__(self, offload: Offload, warned: WarnedOnce) -> None:
        self._offload, self._warned = offload, warned
        self._settings = VaultSettings()
        self._made: tuple[VaultSettings, asyncio.Task[Cipher]] | None = None

    @property
    def making(self) -> "asyncio.Task[Cipher] | None":
        """What makes the vault, or made it."""
        return self._made[1] if self._made is not None else None

    def follow(self, settings: VaultSettings) -> None:
        """Take note of the newest settings; what they change is made when it is needed."""
        self._settings = settings

    def forget(self) -> None:
        """Make the vault anew when it is needed: its key file may be another one."""
        self._made = None

    async def cipher(self, key_file: Path | None, key_ids: Callable[[], Awaitable[Collection[str]]]) -> Cipher:
        """Return the vault; a failed attempt is not kept. Raises KeyFileUnusable and what `key_ids` raises.

        `key_ids` are those of the keys that stored rows are sealed with; asked for only if a passphrase is short.
        """
        settings = self._settings
        if self._made is None or self._made[0] != settings or _failed(self._made[1]):
            task = asyncio.get_running_loop().create_task(
                self._make(settings, key_file, key_ids), name="openrouter-pipe-vault"
            )
            self._made = (settings, task)
        return await asyncio.shield(self._made[1])

    async def _make(
        self, settings: VaultSettings, key_file: Path | None, key_ids: Callable[[], Awaitable[Collection[str]]]
    ) -> Cipher:
        if settings.unreadable:
            raise KeyFileUnusable("ARTIFACT_ENCRYPTION_KEY cannot be read, and nothing is kept until it can")
        if is_short(settings.newest):
            key_id = (await self._offload.run(lambda: key_of_passphrase(settings.newest), size=LARGE)).id
            if key_id not in await key_ids():
                raise KeyFileUnusable(f"ARTIFACT_ENCRYPTION_KEY {SHORT}")
            self._warned.warn("passphrase_too_short", f"ARTIFACT_ENCRYPTION_KEY {SHORT}")
        key: bytes | None = None
        try:
            key = await asyncio.to_thread(_file_key, key_file, bool(settings.newest)) if key_file is not None else None
        except KeyFileUnusable as error:
            if not settings.newest:
                raise
            self._warned.warn("artifact_key_unusable", error.reason)
        if not (settings.newest or key):
            remedy = "set ARTIFACT_ENCRYPTION_KEY: what is kept of chats is stored clear"
            self._warned.warn("artifacts_not_encrypted", remedy)
        lookup = await self._lookup_key(key_file)
        ring = KeyRing(settings.newest, settings.older, key, lookup)
        return await self._offload.run(lambda: make_vault(ring, settings.options), size=LARGE)

    async def _lookup_key(self, key_file: Path | None) -> bytes | None:
        """Return the key of digests that are looked up, from a file beside the other one; made at the first need."""
        if key_file is None:
            return None
        try:
            return await asyncio.to_thread(read_or_make_key, key_file.with_name(LOOKUP_KEY_FILE))
        except KeyFileUnusable as error:
            self._warned.warn("lookup_key_unusable", error.reason)
            return None


def _file_key(path: Path, has_passphrase: bool) -> bytes | None:
    """Read the key file; make one only where nothing else encrypts."""
    return read_key(path) if has_passphrase else read_or_make_key(path)


def _failed(task: "asyncio.Task[Cipher]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
