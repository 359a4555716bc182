"""Old archives go, with the folders that are empty then; nothing else does."""

import os
from pathlib import Path

import pytest

from adapters.records.retention import DAY, SLICE, UNFINISHED_SECONDS, cleaning
from tests.adapters.records.recorded import archives, store, transcript

NOW = 2e9


def keep(root: Path, *, age_days: float, user: str = "ann", chat: str = "chat", message: str = "message") -> Path:
    before = set(archives(root))
    files = store(root, now=NOW, days=10_000)
    files.accept(transcript(user=user, chat=chat, message=message))
    files.close()
    (file,) = set(archives(root)) - before
    os.utime(file, (NOW - age_days * DAY,) * 2)
    return file


def clean(root: Path, days: int = 90) -> int:
    return list(cleaning(root, days, lambda: NOW))[-1]


def test_archives_beyond_the_retention_go_with_their_empty_folders(tmp_path):
    root = tmp_path / "logs"
    keep(root, age_days=91)
    young = keep(root, age_days=89, user="bob")
    assert clean(root) == 1
    assert archives(root) == [young]
    assert [folder.name.split("-")[0] for folder in root.iterdir()] == ["bob"]


def test_the_folder_of_all_records_stays(tmp_path):
    root = tmp_path / "logs"
    keep(root, age_days=91)
    clean(root)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("name", ["foreign.zip", "backup-0123456789abcdef.zip", "notes.txt", ".hidden"])
def test_foreign_files_stay_wherever_they_are_and_however_old(tmp_path, name):
    root = tmp_path / "logs"
    ours = keep(root, age_days=91)
    foreign = [root / name, ours.parent.parent / name, ours.parent / name]
    for file in foreign:
        file.write_bytes(b"mine")
        os.utime(file, (0, 0))
    assert clean(root) == 1
    assert archives(root) == sorted(foreign)


def test_links_are_neither_followed_nor_removed(tmp_path):
    root, outside = tmp_path / "logs", tmp_path / "outside"
    ours = keep(root, age_days=91)
    theirs = keep(outside, age_days=91, user="bob")
    link_to_folder = root / theirs.parent.parent.name
    link_to_folder.symlink_to(theirs.parent.parent)
    link_to_file = ours.parent / theirs.name.replace("message", "other")
    link_to_file.symlink_to(theirs)
    assert clean(root) == 1
    assert theirs.exists()
    assert link_to_folder.is_symlink()
    assert link_to_file.is_symlink()


def test_files_that_were_never_finished_go_after_an_hour(tmp_path):
    ours = keep(tmp_path, age_days=1)
    for number, age in enumerate((UNFINISHED_SECONDS - 1, UNFINISHED_SECONDS + 1)):
        file = ours.parent / f".{number:016x}.unfinished"
        file.write_bytes(b"")
        os.utime(file, (NOW - age,) * 2)
    assert clean(tmp_path) == 1
    assert [file.name for file in archives(tmp_path)] == [f".{0:016x}.unfinished", ours.name]


def test_thousands_of_archives_are_removed_in_slices(tmp_path):
    ours = keep(tmp_path, age_days=91)
    for number in range(3 * SLICE):
        folder = ours.parent.parent / f"chat-{number:016x}"
        folder.mkdir()
        (folder / ours.name).write_bytes(ours.read_bytes())
        os.utime(folder / ours.name, (0, 0))
    assert list(cleaning(tmp_path, 90, lambda: NOW)) == [SLICE, 2 * SLICE, 3 * SLICE, 3 * SLICE + 1]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_holds_nothing(tmp_path):
    assert list(cleaning(tmp_path / "nowhere", 90, lambda: NOW)) == []


def test_the_first_record_begins_a_pass(tmp_path):
    old = keep(tmp_path, age_days=91, message="old")
    files = store(tmp_path, now=NOW)
    files.accept(transcript(message="new"))
    while old.exists():
        pass
    files.close()
    assert [file.name.split("-")[0] for file in archives(tmp_path)] == ["new"]
