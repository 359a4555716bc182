"""A short passphrase seals nothing new; one that stored rows are sealed with goes on working, with a warning.

One that cannot be read seals nothing, and nothing takes its place.
"""

import logging
from pathlib import Path

import pytest

from adapters.logs.structlog_telemetry import StructlogTelemetry
from adapters.process.clock import SystemClock
from adapters.process.threads import ThreadOffload
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from entrypoints.core.memory_policy import VaultSettings, vault_of
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import sqlite_location
from entrypoints.settings import Settings
from entrypoints.settings_rows import Secret
from tests.contracts.artifact_cases import row

SHORT, LONG = "only-8-+", "quite a long passphrase"
NAMED = "ARTIFACT_ENCRYPTION_KEY has fewer than 16 characters"


def storage_at(file: Path, settings: VaultSettings) -> tuple[Storage, ThreadOffload]:
    offload = ThreadOffload()
    storage = Storage(sqlite_location(file), clock=SystemClock(), offload=offload, telemetry=StructlogTelemetry(str))
    storage.follow(settings)
    return storage, offload


async def test_a_short_passphrase_is_refused_by_name_and_keeps_nothing_on_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    storage, offload = storage_at(tmp_path / "store.db", VaultSettings(SHORT))
    for _ in range(2):
        assert not (await storage.sealed_store()).durable
    assert caplog.text.count(NAMED) == 1
    assert SHORT not in caplog.text

    storage.follow(VaultSettings(LONG))
    assert (await storage.sealed_store()).durable
    await storage.aclose()
    await offload.aclose()


async def test_a_short_passphrase_that_rows_are_sealed_with_still_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    storage, offload = storage_at(tmp_path / "store.db", VaultSettings(LONG))
    old = make_vault(KeyRing(SHORT), VaultOptions())
    await (await storage.sealed_store()).artifacts.put([row(1, 1, sealed=old.seal(b"thought", secret=True))])
    assert NAMED not in caplog.text

    storage.follow(VaultSettings(SHORT))
    store = await storage.sealed_store()

    assert (store.durable, store.cipher.key_id) == (True, old.key_id)
    assert caplog.text.count(NAMED) == 1
    await storage.aclose()
    await offload.aclose()


async def test_a_stored_passphrase_that_cannot_be_decrypted_keeps_nothing_on_disk_and_makes_no_other_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    unreadable = vault_of(Settings(artifact_encryption_key=Secret(unreadable=True)))
    storage, offload = storage_at(tmp_path / "store.db", unreadable)

    assert not (await storage.sealed_store()).durable
    assert caplog.text.count("ARTIFACT_ENCRYPTION_KEY cannot be read") == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".key"] == []
    await storage.aclose()
    await offload.aclose()


async def test_short_passphrases_among_the_earlier_ones_still_open(tmp_path: Path) -> None:
    storage, offload = storage_at(tmp_path / "store.db", VaultSettings(LONG, (SHORT,)))
    sealed = make_vault(KeyRing(SHORT), VaultOptions()).seal(b"thought", secret=True)

    assert (await storage.sealed_store()).cipher.open(sealed) == b"thought"
    await storage.aclose()
    await offload.aclose()
