"""The generated key: the same for all processes that start together, and never replaced."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.vault import key_file
from adapters.vault.key_file import KeyFileUnusable, read_key, read_or_make_key
from adapters.vault.keys import encoded
from tests.entrypoints.openwebui.bundle.small_tree import REPOSITORY

WORKER = """
import sys
from pathlib import Path
from adapters.vault.key_file import read_or_make_key
print("ready", flush=True)
sys.stdin.readline()
print(read_or_make_key(Path(sys.argv[1])).hex(), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pipe.key"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def reason(path: Path) -> str:
    with pytest.raises(KeyFileUnusable) as unusable:
        read_or_make_key(path)
    return unusable.value.reason


@pytest.fixture
def no_links(monkeypatch):
    def refuse(*_args):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)


def test_a_key_is_created_for_its_owner_only_and_read_again(path):
    made = read_or_make_key(path)

    assert (len(made), mode(path)) == (32, 0o600)
    assert read_or_make_key(path) == read_key(path) == made
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_without_a_key_file_no_key_is_read(path):
    assert read_key(path) is None


def test_workers_that_start_together_agree_on_one_key(path):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(path)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    keys = {worker.communicate(timeout=30)[0].strip() for worker in workers}

    assert keys == {read_key(path).hex()}
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_the_first_key_wins(path, monkeypatch):
    first = bytes(range(32))
    write = key_file._write_new

    def slower(draft, text):
        write(draft, text)
        if draft != path:
            path.write_bytes(encoded(first))

    monkeypatch.setattr(key_file, "_write_new", slower)

    assert read_or_make_key(path) == first


@pytest.mark.usefixtures("no_links")
def test_a_file_system_without_links_gets_a_key_too(path):
    made = read_or_make_key(path)

    assert read_key(path) == made
    assert mode(path) == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_file_still_written_by_another_worker_is_waited_for(path, monkeypatch):
    path.touch(0o600)
    monkeypatch.setattr(time, "sleep", lambda _seconds: path.write_bytes(encoded(bytes(32))))

    assert read_or_make_key(path) == bytes(32)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"short", "damaged"),
        (encoded(bytes(31)), "damaged"),
        (b"\xff" * 44, "damaged"),
    ],
)
def test_a_file_without_a_key_is_reported_and_not_changed(path, content, expected, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    path.write_bytes(content)

    assert reason(path) == expected
    assert path.read_bytes() == content


def test_an_unreadable_key_file_is_reported(path):
    path.mkdir()

    assert reason(path) == "cannot be read"


def test_a_key_that_cannot_be_created_is_reported(path):
    assert reason(path.parent / "missing" / "pipe.key") == "cannot be made"


def test_a_write_that_fails_leaves_nothing_behind(path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(os, "fsync", full)

    assert reason(path) == "cannot be made"
    assert list(path.parent.iterdir()) == []


def test_access_rights_of_other_users_are_removed(path):
    made = read_or_make_key(path)
    path.chmod(0o644)

    assert read_key(path) == made
    assert mode(path) == 0o600


def test_unchangeable_access_rights_do_not_lose_the_key(path, monkeypatch):
    made = read_or_make_key(path)
    path.chmod(0o640)

    def refuse(*_args):
        raise PermissionError

    monkeypatch.setattr(os, "fchmod", refuse)

    assert read_key(path) == made
