"""Items from upstream are restored exactly: from any database, with any seal, after rotation and migration."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from adapters.memory.artifacts import MemoryArtifacts
from adapters.process.ids import SystemIds
from adapters.sql.artifact_rows import row_of
from adapters.sql.artifacts import SqlArtifacts
from adapters.sql.database import Database
from adapters.sql.tables import artifact
from adapters.vault.vault import KeyRing, VaultOptions, make_vault
from domain.conversation.record import TurnRecord
from domain.request.turn_request import Person, Remembering
from domain.services.remember_turn import SealedStore, TurnMemory
from domain.services.rotate_keys import rotate_keys
from ports.artifacts import Artifact, ArtifactStore
from ports.cipher import Cipher
from tests.adapters.sql.migrating import engine_of, first_release, migrated, new_url, run
from tests.adapters.sql.odd_turns import TURNS, exact, record
from tests.doubles.clock import FakeClock
from tests.doubles.databases import empty_postgres_url, sqlite_url
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

ANN = Person(user_id="ann", chat_id="chat-1", message_id="message-1")
HERE = Remembering(namespace="pipe_1a2b3c4d")
BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgres"])
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SEALS = {
    "encrypted and compressed": make_vault(KeyRing(newest="first passphrase"), VaultOptions()),
    "encrypted": make_vault(KeyRing(newest="first passphrase"), VaultOptions(compress=False)),
    "thinking encrypted": make_vault(KeyRing(file_key=bytes(32)), VaultOptions(encrypt_all=False, min_bytes=200)),
    "compressed": make_vault(KeyRing(), VaultOptions()),
    "clear": make_vault(KeyRing(), VaultOptions(compress=False)),
}
OLD, CLEAR = SEALS["encrypted and compressed"], SEALS["clear"]
BETWEEN = make_vault(KeyRing(newest="second passphrase", older=("first passphrase",)), VaultOptions(compress=False))
NEW_ONLY = make_vault(KeyRing(newest="second passphrase"), VaultOptions())
numbers = count(1)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"sqlite": sqlite_url(tmp_path_factory.mktemp("exact")), "postgres": empty_postgres_url()}


@BOTH
@pytest.mark.parametrize("seal", list(SEALS))
@FEW
@given(drawn=TURNS)
def test_items_are_restored_exactly_for_every_kind_of_seal(kind, seal, urls, drawn):
    records = [record(next(numbers), items) for items in drawn]

    found = asyncio.run(_used(urls[kind], _kept(records, SEALS[seal])))

    assert found == _exact(records)


@BOTH
@FEW
@given(drawn=TURNS)
def test_items_are_restored_exactly_after_a_rotation(kind, urls, drawn):
    records = [record(next(numbers), items) for items in drawn]

    async def rotated(store: SqlArtifacts) -> dict[str, list[str]]:
        await _remember(store, OLD, records)
        assert await rotate_keys(store, BETWEEN, InlineOffload(), HERE.namespace) >= len(records)
        return await _recalled(store, NEW_ONLY, records)

    assert asyncio.run(_used(urls[kind], rotated)) == _exact(records)


@BOTH
@settings(FEW, max_examples=4)
@given(drawn=TURNS)
def test_items_of_the_first_release_are_restored_exactly_after_the_migration(kind, tmp_path_factory, drawn):
    records = [record(next(numbers), items) for items in drawn]
    folder = tmp_path_factory.mktemp("old")
    url = new_url(kind, folder)
    migrated(url, first_release(folder))
    old = sa.Table(artifact.name, sa.MetaData(), autoload_with=engine_of(url))
    written = asyncio.run(_artifacts(records))
    run(url, sa.insert(old), [{column.name: row_of(row)[column.name] for column in old.columns} for row in written])
    migrated(url)

    async def recalled(store: SqlArtifacts) -> dict[str, list[str]]:
        return await _recalled(store, OLD, records)

    assert asyncio.run(_used(url, recalled)) == _exact(records)


# --- details ----------------------------------------------------------------------------------------------------


def _exact(records: Sequence[TurnRecord]) -> dict[str, list[str]]:
    return {one.turn_id: exact(one) for one in records}


def _kept(records: Sequence[TurnRecord], cipher: Cipher) -> Any:
    async def kept(store: SqlArtifacts) -> dict[str, list[str]]:
        await _remember(store, cipher, records)
        return await _recalled(store, cipher, records)

    return kept


async def _used(url: str, work: Any) -> Any:
    async with AsyncExitStack() as stack:
        database = Database(url)
        stack.push_async_callback(database.aclose)
        return await work(SqlArtifacts(database))


def _memory(store: ArtifactStore, cipher: Cipher) -> TurnMemory:
    async def opened() -> SealedStore:
        return SealedStore(store, cipher)

    return TurnMemory(
        opened=opened,
        offload=InlineOffload(),
        clock=FakeClock(),
        ids=SystemIds(),
        telemetry=RecordedTelemetry(),
    )


async def _remember(store: ArtifactStore, cipher: Cipher, records: Sequence[TurnRecord]) -> None:
    for one in records:
        await _memory(store, cipher).remember(ANN, HERE, one)


async def _recalled(store: ArtifactStore, cipher: Cipher, records: Sequence[TurnRecord]) -> dict[str, list[str]]:
    recalled = await _memory(store, cipher).recall(ANN, HERE, [one.turn_id for one in records], ())
    assert all(one.whole for one in recalled.records)
    return _exact(recalled.records)


async def _artifacts(records: Sequence[TurnRecord]) -> tuple[Artifact, ...]:
    store = MemoryArtifacts(FakeClock())
    await _remember(store, OLD, records)
    turns = [one.turn_id for one in records]
    return await store.find(HERE.namespace, ANN.user_id, turn_ids=turns, fingerprints=(), limit=9_999)
