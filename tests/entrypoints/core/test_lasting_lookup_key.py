"""Where no file lies beside the database, the key of stored fingerprints is in it, and survives every passphrase."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url

from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.memory.lookup_keys import MemoryLookupKeys
from adapters.process.clock import SystemClock
from adapters.process.threads import ThreadOffload
from adapters.sql.database import Database
from adapters.sql.lookup_keys import SqlLookupKeys
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.services.lasting_lookup_key import lasting_lookup_key
from entrypoints.core.memory_policy import VaultSettings
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import StorageLocation, postgres_location, sqlite_location
from ports.cipher import CannotOpen, Cipher
from tests.adapters.sql.migrating import new_url

OLD, NEW, NEWEST = "an old, long passphrase", "a new, long passphrase", "the newest, long passphrase"
PRINT = "0123456789abcdef" * 2
HERE, THERE = "pipe_a", "pipe_b"


@pytest.fixture
def location(tmp_path: Path) -> StorageLocation:
    """Provide an empty database on the server."""
    return postgres_location(make_url(new_url("postgres", tmp_path)))


Process = Callable[[VaultSettings], Storage]


@pytest.fixture
async def process(location: StorageLocation) -> AsyncIterator[Process]:
    """Return what starts another process at the same database."""
    offload, storages = ThreadOffload(), list[Storage]()

    def started(settings: VaultSettings, namespace: str = HERE) -> Storage:
        storage = Storage(location, clock=SystemClock(), offload=offload, telemetry=StructlogTelemetry(str))
        storage.follow(settings, namespace)
        storages.append(storage)
        return storage

    yield started
    for storage in storages:
        await storage.aclose()
    await offload.aclose()


async def forms(storage: Storage) -> tuple[str, ...]:
    store = await storage.sealed_store()
    assert store.durable
    return store.cipher.lookups(PRINT)


async def test_words_are_recognised_after_an_old_passphrase_was_dropped(process: Process) -> None:
    written = (await forms(process(VaultSettings(OLD))))[0]
    assert (await forms(process(VaultSettings(NEW, (OLD,)))))[0] == written
    assert (await forms(process(VaultSettings(NEW))))[0] == written
    assert (await forms(process(VaultSettings(NEWEST, (NEW,)))))[0] == written
    assert (await forms(process(VaultSettings(NEWEST))))[0] == written
    assert PRINT not in written


async def test_a_change_in_a_running_process_keeps_the_key(process: Process) -> None:
    storage = process(VaultSettings(OLD))
    written = (await forms(storage))[0]
    storage.follow(VaultSettings(NEW, (OLD,)), HERE)
    assert (await forms(storage))[0] == written


async def test_what_the_previous_release_keyed_with_the_passphrase_is_still_found(process: Process) -> None:
    before = make_vault(KeyRing(OLD), VaultOptions()).lookups(PRINT)[0]
    found = await forms(process(VaultSettings(NEW, (OLD,))))
    assert before in found[1:]
    assert found[-1] == PRINT


async def test_replicas_that_start_together_agree_on_one_key(process: Process) -> None:
    found = await asyncio.gather(*(forms(process(VaultSettings(OLD))) for _ in range(4)))
    assert len({first for first, *_ in found}) == 1


async def test_each_namespace_has_a_key_of_its_own(process: Process) -> None:
    here = await forms(process(VaultSettings(OLD)))
    there = await forms(process(VaultSettings(OLD), THERE))  # type: ignore[call-arg]
    assert here[0] != there[0]


async def test_the_stored_key_is_sealed(process: Process, location: StorageLocation) -> None:
    await forms(process(VaultSettings(OLD)))
    database = Database(location.url)
    kept = await SqlLookupKeys(database).read(HERE)
    await database.aclose()
    assert kept is not None
    assert kept.key_id == make_vault(KeyRing(OLD), VaultOptions()).key_id
    with pytest.raises(CannotOpen):
        make_vault(KeyRing(NEW), VaultOptions()).open(kept)


async def test_a_key_that_an_unknown_passphrase_seals_is_never_replaced(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    written = (await forms(process(VaultSettings(OLD))))[0]
    assert (await forms(process(VaultSettings(NEW))))[0] != written
    assert "lookup_key_unusable" in caplog.text
    assert (await forms(process(VaultSettings(OLD))))[0] == written


async def test_clear_rows_on_a_server_need_no_key(process: Process) -> None:
    assert await forms(process(VaultSettings())) == (PRINT,)


async def test_beside_a_file_the_key_stays_a_file(tmp_path: Path) -> None:
    offload = ThreadOffload()
    location = sqlite_location(tmp_path / "store.db")
    storage = Storage(location, clock=SystemClock(), offload=offload, telemetry=StructlogTelemetry(str))
    storage.follow(VaultSettings(OLD), HERE)
    first = (await forms(storage))[0]
    await storage.aclose()
    database = Database(location.url)
    assert await SqlLookupKeys(database).read(HERE) is None
    await database.aclose()
    await offload.aclose()
    assert first != make_vault(KeyRing(OLD), VaultOptions()).lookups(PRINT)[0]


async def test_where_nothing_may_be_written_a_stored_key_is_read_and_none_is_made() -> None:
    keys = MemoryLookupKeys()
    cipher: Cipher = make_vault(KeyRing(OLD), VaultOptions())
    newer: Cipher = make_vault(KeyRing(NEW, (OLD,)), VaultOptions())
    assert await lasting_lookup_key(keys, cipher, HERE, None) is None
    assert await keys.read(HERE) is None
    assert await lasting_lookup_key(keys, cipher, HERE, b"k" * 32) == b"k" * 32
    before = await keys.read(HERE)
    assert await lasting_lookup_key(keys, newer, HERE, None) == b"k" * 32
    assert await keys.read(HERE) == before
    assert await lasting_lookup_key(keys, cipher, THERE, b"k" * 32) == b"k" * 32
    with pytest.raises(CannotOpen):
        await _moved(keys, cipher)


async def _moved(keys: MemoryLookupKeys, cipher: Cipher) -> None:
    """Read the key of one namespace as that of another."""
    moved = await keys.read(HERE)
    assert moved is not None
    await lasting_lookup_key(_Moved(moved), cipher, THERE, b"k" * 32)


class _Moved(MemoryLookupKeys):
    def __init__(self, sealed) -> None:
        super().__init__()
        self._keys[THERE] = sealed
