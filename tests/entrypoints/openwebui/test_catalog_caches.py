"""Where the list of models is kept, and that a place that is not there costs no chat."""

import os
from pathlib import Path

import pytest

from entrypoints.openwebui.catalog_caches import catalog_caches
from entrypoints.openwebui.storage import Storage
from entrypoints.openwebui.storage_place import HOST_FOLDER, HOST_URL
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry


def names(environ: dict[str, str]) -> list[str]:
    storage = Storage(environ, clock=FakeClock(), offload=InlineOffload(), telemetry=RecordedTelemetry())
    return [cache.name for cache in catalog_caches(environ, storage)]


@pytest.mark.parametrize(
    ("url", "expected"),
    [("", ["process", "disk"]), ("postgresql://h/d", ["process", "disk", "database"]), ("x", ["process", "disk"])],
    ids=["sqlite", "postgresql", "a mistake"],
)
def test_database_is_one_of_them_where_processes_share_it(tmp_path: Path, url: str, expected: list[str]) -> None:
    assert names({HOST_FOLDER: str(tmp_path), HOST_URL: url}) == expected


def test_process_that_lost_its_working_directory_keeps_the_list_for_its_next_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(OSError, match="No such file"):
        os.getcwd()
    assert names({}) == ["process"]
    monkeypatch.chdir(tmp_path)
