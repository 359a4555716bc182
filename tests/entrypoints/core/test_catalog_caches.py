"""Caches of the list of models: as far away as there are processes that could use them."""

from pathlib import Path

import pytest

from entrypoints.core.catalog_caches import catalog_caches
from entrypoints.core.core_redis import CoreRedis
from entrypoints.core.redis_location import NO_REDIS
from entrypoints.core.storage import Storage
from entrypoints.core.storage_location import IN_MEMORY, StorageLocation, sqlite_location
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry

HERE = Path("/data")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (IN_MEMORY, ["process", "redis"]),
        (sqlite_location(HERE / "openrouter_pipe.db"), ["process", "disk", "redis"]),
        (StorageLocation("postgresql+psycopg://h/d", folder=HERE), ["process", "disk", "redis", "database"]),
        (StorageLocation(folder=HERE, wrong="DATABASE_URL is no database URL"), ["process", "disk", "redis"]),
        (StorageLocation(wrong="the working directory is gone"), ["process", "redis"]),
    ],
    ids=["memory", "sqlite", "postgresql", "a mistake", "no folder"],
)
def test_a_shared_database_and_our_own_folder_are_caches_if_they_exist(
    place: StorageLocation, expected: list[str]
) -> None:
    clock, offload, log = FakeClock(), InlineOffload(), RecordedTelemetry()
    storage = Storage(place, clock=clock, offload=offload, telemetry=log)
    redis = CoreRedis(NO_REDIS, clock, offload, log)
    assert [cache.name for cache in catalog_caches(place, storage, redis)] == expected
