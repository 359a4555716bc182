"""Where the list of models is kept: as far away as there are processes that could use it."""

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
def test_a_shared_database_and_a_folder_of_ours_are_among_them_where_they_exist(
    place: StorageLocation, expected: list[str]
) -> None:
    storage = Storage(place, clock=FakeClock(), offload=InlineOffload(), telemetry=RecordedTelemetry())
    assert [cache.name for cache in catalog_caches(place, storage)] == expected
