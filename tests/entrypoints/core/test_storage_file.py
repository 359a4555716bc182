"""A SQLite file that is deleted or replaced while open is detected, logged once and opened again."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from entrypoints.core.storage import AGAIN_SECONDS, Storage
from entrypoints.core.storage_file import COMPANIONS, LOOK_SECONDS, drop_companions, file_ids
from entrypoints.core.storage_location import sqlite_location
from tests.contracts.artifact_cases import HERE, turn_of, ulid
from tests.doubles.clock import FakeClock
from tests.doubles.offload import InlineOffload
from tests.doubles.telemetry import RecordedTelemetry


class Opened:
    """A storage over a file in a folder, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.log = FakeClock(), RecordedTelemetry()
        self.path = folder / "store.db"
        self.storage = Storage(
            sqlite_location(self.path), clock=self.clock, offload=InlineOffload(), telemetry=self.log
        )

    async def put(self, number: int) -> None:
        await (await self.storage.sealed_store()).artifacts.put(turn_of(number, 1))

    async def kept(self) -> list[int]:
        artifacts = (await self.storage.sealed_store()).artifacts
        found = await artifacts.find(HERE, "ann", turn_ids=[ulid(n) for n in range(1, 9)], fingerprints=[], limit=99)
        return [number for number in range(1, 9) if ulid(number) in {row.turn_id for row in found}]

    async def looked(self) -> None:
        """Let the storage check its file, as the next user after a while does, and wait until it has."""
        self.clock.advance(LOOK_SECONDS)
        await self.storage.stores()
        if (looking := self.storage._looking) is not None:
            await looking

    def lost(self) -> list[object]:
        return [line.values["reason"] for line in self.log.named("storage_file_lost")]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    opened = Opened(tmp_path)
    await opened.put(1)
    yield opened
    await opened.storage.aclose()


def vanish(path: Path, *, companions: bool) -> None:
    path.unlink()
    if companions:
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink()


@pytest.mark.parametrize("companions", [False, True])
async def test_deleted_file_is_created_again_with_its_tables(opened: Opened, companions: bool) -> None:
    vanish(opened.path, companions=companions)
    for _ in range(3):
        await opened.looked()
    assert opened.lost() == ["vanished"]
    await opened.put(2)
    assert await opened.kept() == [2]
    with closing(sqlite3.connect(opened.path)) as other:
        assert other.execute("SELECT count(*) FROM openrouter_pipe_artifact").fetchone() == (1,)
    assert opened.path.stat().st_mode & 0o777 == 0o600


async def test_file_that_was_replaced_is_read_and_nothing_of_the_old_one_gets_into_it(
    opened: Opened, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    backup = Opened(folder)
    for number in range(3, 8):
        await backup.put(number)
    await backup.storage.aclose()
    await opened.put(2)
    os.replace(backup.path, opened.path)
    await opened.looked()
    assert opened.lost() == ["replaced"]
    await opened.put(8)
    assert await opened.kept() == [3, 4, 5, 6, 7, 8]
    with closing(sqlite3.connect(opened.path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_nothing_of_a_lost_file_gets_into_a_backup_although_the_process_ends_before_it_looks(
    opened: Opened, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    folder.mkdir()
    backup = Opened(folder)
    for number in range(3, 8):
        await backup.put(number)
    await backup.storage.aclose()
    os.replace(backup.path, opened.path)
    await opened.storage.aclose()
    again = Opened(tmp_path)
    assert await again.kept() == [3, 4, 5, 6, 7]
    await again.storage.aclose()
    assert opened.lost() == ["replaced"]


async def test_nothing_of_a_lost_file_gets_into_the_new_one_behind_a_link(tmp_path: Path) -> None:
    behind, folder = tmp_path / "behind.db", tmp_path / "backup"
    folder.mkdir()
    backup = Opened(folder)
    for number in range(3, 8):
        await backup.put(number)
    await backup.storage.aclose()
    behind.touch()
    (tmp_path / "store.db").symlink_to(behind)
    opened = Opened(tmp_path)
    await opened.put(1)
    os.replace(backup.path, behind)
    await opened.looked()
    await opened.put(2)
    assert await opened.kept() == [2, 3, 4, 5, 6, 7]
    await opened.storage.aclose()
    with closing(sqlite3.connect(behind)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_file_replaced_by_a_folder_costs_the_memory_until_the_folder_is_gone(opened: Opened) -> None:
    vanish(opened.path, companions=False)
    opened.path.mkdir(0o755)
    for number in (2, 3):
        await opened.looked()
        await opened.put(number)
    assert (opened.lost(), len(opened.log.named("storage_unavailable"))) == (["replaced"], 1)
    assert opened.path.stat().st_mode & 0o777 == 0o755
    opened.path.rmdir()
    opened.clock.advance(AGAIN_SECONDS)
    await opened.storage.begin()
    await opened.put(4)
    assert await opened.kept() == [4]


async def test_two_processes_that_notice_one_after_the_other_keep_what_both_write(
    opened: Opened, tmp_path: Path
) -> None:
    """Stand-ins for processes: what the second would delete by name belongs to the new file."""
    before = file_ids(opened.path)
    held = [os.open(f"{opened.path}{suffix}", os.O_RDONLY) for suffix in COMPANIONS]  # as a second process does
    vanish(opened.path, companions=False)
    await opened.looked()
    await opened.put(2)
    drop_companions(opened.path, before)
    await opened.put(3)
    for one in held:
        os.close(one)
    assert await opened.kept() == [2, 3]
    assert None not in file_ids(opened.path)


async def test_unchanged_file_is_checked_only_now_and_then(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def counted(path: Path) -> object:
        nonlocal looks
        looks += 1
        return file_ids(path)

    monkeypatch.setattr("entrypoints.core.storage_file.file_ids", counted)
    for _ in range(50):
        await opened.put(2)
    assert looks == 0
    await opened.looked()
    for _ in range(50):
        await opened.put(3)
    assert (looks, opened.lost()) == (1, [])


async def test_file_whose_folder_is_gone_too_costs_the_memory_until_the_folder_is_back(
    opened: Opened, tmp_path: Path
) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    tmp_path.rmdir()
    await opened.looked()
    await opened.put(2)
    assert await opened.kept() == [2]
    assert (await opened.storage.stores()).location is None
    assert len(opened.log.named("storage_unavailable")) == 1
    tmp_path.mkdir()
    opened.clock.advance(AGAIN_SECONDS)
    await opened.storage.begin()
    await opened.put(3)
    assert await opened.kept() == [3]
    assert (await opened.storage.stores()).location is not None


async def test_retry_after_a_failure_delays_no_turn(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "nowhere")
    assert (await opened.storage.stores()).location is None
    (tmp_path / "nowhere").mkdir()
    opened.clock.advance(AGAIN_SECONDS)
    assert (await opened.storage.stores()).location is None
    await opened.storage.begin()
    assert (await opened.storage.stores()).location is not None
    await opened.storage.aclose()
