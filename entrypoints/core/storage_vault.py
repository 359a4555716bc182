"""What seals the stores: made of the newest settings and of the key file beside the database."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from adapters.vault.key_file import KeyFileUnusable, read_key, read_or_make_key
from adapters.vault.keys import KEY_BYTES, key_of_passphrase
from adapters.vault.vault import KeyRing, make_vault
from domain.services.lasting_lookup_key import lasting_lookup_key
from entrypoints.core.memory_policy import VaultSettings
from entrypoints.core.storage_location import LOOKUP_KEY_FILE
from entrypoints.core.stores import Stores
from entrypoints.core.warned_once import WarnedOnce
from entrypoints.settings_secret import SHORT, is_short
from ports.cipher import CannotOpen, Cipher
from ports.offload import LARGE, Offload
from ports.turn_scope import of_no_turn

SealedWith = Callable[[str, str], None]
"""Is told a namespace and the id of the key that encrypts its rows from now on, empty if none does."""


class StorageVault:
    """Makes the vault of the newest settings once, in a thread. Belongs to one event loop."""

    def __init__(self, offload: Offload, warned: WarnedOnce, sealed_with: SealedWith) -> None:
        self._offload, self._warned, self._sealed_with = offload, warned, sealed_with
        self._settings = VaultSettings()
        self._namespace = ""
        self._made: tuple[tuple[VaultSettings, str], asyncio.Task[Cipher]] | None = None

    @property
    def making(self) -> "asyncio.Task[Cipher] | None":
        """What makes the vault, or made it."""
        return self._made[1] if self._made is not None else None

    def follow(self, settings: VaultSettings, namespace: str = "") -> None:
        """Take note of the newest settings and of whose rows are sealed; what they change is made when it is needed."""
        self._settings, self._namespace = settings, namespace

    def forget(self) -> None:
        """Make the vault anew when it is needed: its key file may be another one."""
        self._made = None

    async def cipher(self, stores: Stores) -> Cipher:
        """Return the vault of stores in a database; a failed attempt is not kept.

        Raises KeyFileUnusable, ArtifactsError and LookupKeysUnavailable.
        """
        wanted = (self._settings, self._namespace)
        if self._made is None or self._made[0] != wanted or _failed(self._made[1]):
            making = self._make(*wanted, stores)
            self._made = (
                wanted,
                asyncio.get_running_loop().create_task(making, name="openrouter-pipe-vault", context=of_no_turn()),
            )
        return await asyncio.shield(self._made[1])

    async def _make(self, settings: VaultSettings, namespace: str, stores: Stores) -> Cipher:
        vault = await self._made_of(settings, namespace, stores)
        if namespace:
            self._sealed_with(namespace, vault.key_id)
        return vault

    async def _made_of(self, settings: VaultSettings, namespace: str, stores: Stores) -> Cipher:
        key_file = stores.location.key_file if stores.location is not None else None
        if settings.unreadable:
            raise KeyFileUnusable("ARTIFACT_ENCRYPTION_KEY cannot be read, and nothing is kept until it can")
        if is_short(settings.newest):
            key_id = (await self._offload.run(lambda: key_of_passphrase(settings.newest), size=LARGE)).id
            if key_id not in await stores.artifacts.key_ids():
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
        vault = await self._offload.run(lambda: make_vault(ring, settings.options), size=LARGE)
        if key_file is not None or not vault.key_id:
            return vault
        lasting = replace(ring, lookup=await self._kept_lookup_key(stores, vault, namespace))
        return await self._offload.run(lambda: make_vault(lasting, settings.options), size=LARGE)

    async def _kept_lookup_key(self, stores: Stores, cipher: Cipher, namespace: str) -> bytes | None:
        """Return the key of digests that are looked up, from the database; None if an unknown key seals it."""
        fresh = None if stores.read_only else secrets.token_bytes(KEY_BYTES)
        try:
            return await lasting_lookup_key(stores.lookup_keys, cipher, namespace, fresh)
        except CannotOpen as error:
            self._warned.warn("lookup_key_unusable", error.reason)
            return None

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
