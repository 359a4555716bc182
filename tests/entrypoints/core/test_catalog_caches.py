"""Caches of the list of models: as far away as there are processes that could use them."""

from pathlib import Path

import pytest

from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation, sqlite_location
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

HERE = Path("/data")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (IN_MEMORY, ["process"]),
        (sqlite_location(HERE / "openrouter_pipe.db"), ["process", "disk"]),
        (StorageLocation("postgresql+psycopg://h/d", folder=HERE), ["process", "disk", "database"]),
        (StorageLocation(folder=HERE, wrong="DATABASE_URL is no database URL"), ["process", "disk"]),
        (StorageLocation(wrong="the working directory is gone"), ["process"]),
    ],
    ids=["memory", "sqlite", "postgresql", "a mistake", "no folder"],
)
def test_a_shared_database_and_our_own_folder_are_caches_if_they_exist(
    place: StorageLocation, expected: list[str]
) -> None:
    storage = Storage(place, clock=FakeClock(), offload=InlineOffload(), telemetry=RecordedTelemetry())
    assert [cache.name for cache in catalog_caches(place, storage)] == expected
