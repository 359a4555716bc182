"""The host's files, as the person of one turn may read and store them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from threading import Event
from typing import Any
from weakref import WeakValueDictionary

from adapters.openwebui.file_links import NOWHERE, Place, link_to_chat
from adapters.openwebui.file_rows import FileRow, account, check_readable, file_row
from adapters.openwebui.host_functions import stored_setting
from adapters.openwebui.own_threads import OwnThreads
from adapters.openwebui.storage_account import AccountForm, StorageAccounts
from adapters.openwebui.stored_bytes import Wanted, read_stored
from adapters.openwebui.uploads import upload, upload_ceiling
from ports.file_addresses import file_id_of, origin_of
from ports.files import FileFacts, FileFlaw, FileNotSaved, FileUnavailable, NewFile, SavedFile, StoredFile
from ports.telemetry import Telemetry

PLACES = 8
"""Threads that read or store files at once; a hung one counts until it ends."""
SETTING_SECONDS = LINK_SECONDS = 2.0
SECONDS = 60.0
"""How long one file may take to be read or stored, waiting for a thread included."""


class HostStorage:
    """What all turns of one event loop share: threads, locks of copies, the storage account."""

    def __init__(self, telemetry: Telemetry, *, places: int = PLACES, seconds: float = SECONDS) -> None:
        self.threads = OwnThreads(places)
        self.accounts, self.telemetry = StorageAccounts(telemetry), telemetry
        self.seconds = seconds
        self._copies: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._named: str | None = None

    async def origins(self, request: Any) -> frozenset[str]:
        """Return where the host is reached: as this request did, and as administrators named it (read once)."""
        if self._named is None:
            self._named = await _named_origin(request)
        reached = str(getattr(request, "base_url", ""))
        return frozenset(filter(None, (origin_of(reached), origin_of(self._named or ""))))

    async def read(self, wanted: Wanted) -> bytes:
        """Return the bytes of a file. Two readers of one copy wait for each other: each removes what it downloaded."""
        if not wanted.remote:
            return await self._read(wanted)
        async with self._copies.setdefault(wanted.path, asyncio.Lock()):
            return await self._read(wanted)

    async def _read(self, wanted: Wanted) -> bytes:
        stopped = Event()
        try:
            return await self.threads.run("read file", partial(read_stored, wanted, stopped))
        finally:
            stopped.set()


async def open_files(
    storage: HostStorage,
    person_id: str,
    request: Any,
    *,
    piece: int,
    fallback: AccountForm,
    place: Place = NOWHERE,
) -> "OpenWebUiFiles":
    """Return the files of one turn; see `OpenWebUiFiles`."""
    own = await storage.origins(request) if request is not None else frozenset[str]()
    return OpenWebUiFiles(storage, person_id, request, own=own, piece=piece, fallback=fallback, place=place)


async def _named_origin(request: Any) -> str | None:
    """Return the address that administrators gave the host; None if it cannot be read now."""
    try:
        async with asyncio.timeout(SETTING_SECONDS):
            return str(await stored_setting(request, "webui.url", "WEBUI_URL") or "")
    except Exception:  # noqa: BLE001 - the host's code may raise anything; the next turn asks again
        return None


class OpenWebUiFiles:
    """Implements Files inside the host's process, on its event loop, for one turn.

    `request` is the host's own, None if it gave none: then nothing can be stored. `own`: origins of the host, as
    `origin_of` returns them. `piece`: bytes read at a time. Files of a turn without a person go to the account of
    `fallback`; such a turn reads nothing. `place`: where the answer is shown, to whose readers its files are shown too.
    """

    def __init__(
        self,
        storage: HostStorage,
        person_id: str,
        request: Any,
        *,
        own: frozenset[str],
        piece: int,
        fallback: AccountForm,
        place: Place = NOWHERE,
    ) -> None:
        self._storage, self._person_id, self._request, self._place = storage, person_id, request, place
        self._own, self._piece, self._fallback = own, piece, fallback
        self._person: Any = None

    def id_of(self, address: str) -> str:
        """Return the id of the host's file that an address names."""
        return file_id_of(address, self._own)

    async def ceiling(self) -> int | None:
        """Return the limit that administrators set for uploads; None if it cannot be read."""
        if self._request is None:
            return None
        try:
            async with asyncio.timeout(self._storage.seconds):
                return await upload_ceiling(self._request)
        except Exception:  # noqa: BLE001 - the host's code may raise anything; its limit is then not known
            return None

    async def facts(self, file_id: str) -> FileFacts:
        """Return the facts of the host's row, if the person may read the file."""
        async with self._reading():
            return (await self._readable(file_id)).facts

    async def read(self, file_id: str, limit: int) -> StoredFile:
        """Return a file through the host's storage provider."""
        async with self._reading():
            row = await self._readable(file_id)
            size = row.facts.size
            if size is not None and size > limit:
                raise FileUnavailable(FileFlaw.TOO_LARGE, size=size)
            if not row.path:
                raise FileUnavailable(FileFlaw.UNREADABLE, "it has no bytes")
            return StoredFile(row.facts, await self._storage.read(Wanted(row.path, size, limit, self._piece)))

    async def save(self, file: NewFile) -> SavedFile:
        """Store a file through the host's upload function."""
        if self._request is None:
            raise FileNotSaved("the host gave no request")
        try:
            async with asyncio.timeout(self._storage.seconds):
                owner = await self._owner()
                stored = await upload(file, self._request, owner, self._storage.threads, self._place.metadata())
                await self._link(stored, owner)
                return stored
        except FileNotSaved:
            raise
        except Exception as error:  # the host's code may raise anything; its words may contain names of files
            status = getattr(error, "status_code", "")
            raise FileNotSaved(f"{type(error).__name__} {status}".strip()) from error

    # --- details ------------------------------------------------------------------------------------------

    async def _owner(self) -> Any:
        if not self._person_id:
            return await self._storage.accounts.get(self._fallback)
        owner = await self._asking()
        if owner is None:
            raise FileNotSaved("the host does not know the person")
        return owner

    async def _link(self, stored: SavedFile, owner: Any) -> None:
        """Show a stored file to the readers of its chat; without that it is still the owner's."""
        try:
            async with asyncio.timeout(LINK_SECONDS):
                await link_to_chat(self._place, stored.file_id, str(owner.id))
        except Exception as error:  # noqa: BLE001 - the host's code may raise anything; the file is stored
            self._storage.telemetry.event("warning", "file_not_linked", kind=type(error).__name__)

    async def _asking(self) -> Any:
        """Return the host's object of the person, read once per turn; None without one."""
        if self._person is None:
            self._person = await account(self._person_id)
        return self._person

    async def _readable(self, file_id: str) -> FileRow:
        person = await self._asking()
        if person is None:
            raise FileUnavailable(FileFlaw.FORBIDDEN, "nobody asks")
        row = await file_row(file_id)
        if row is None:
            raise FileUnavailable(FileFlaw.MISSING)
        await check_readable(row, person)
        return row

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[None]:
        """Limit the time, and translate what the host raises."""
        try:
            async with asyncio.timeout(self._storage.seconds):
                yield
        except FileUnavailable:
            raise
        except Exception as error:  # the host's code may raise anything
            raise FileUnavailable(FileFlaw.UNREADABLE, type(error).__name__) from error
