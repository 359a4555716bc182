"""Folders and files below one folder, reached by descriptors so that no link leads out of it."""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # then one process alone may write
    flock = None  # type: ignore[assignment]

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
LOCK_SECONDS, PAUSE = 60.0, 0.005


class FolderVanished(OSError):
    """Another process removed the folder because it was empty; making it again helps."""


@contextmanager
def opened_root(path: Path, *, make: bool) -> Iterator[int]:
    """Open the folder of all records; `make` it if it is missing. Raises OSError, for a link or a file too."""
    if make:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(os.open(path, _FOLDER)) as root:
        yield root


@contextmanager
def opened_folder(parent: int, name: str, *, make: bool = False) -> Iterator[int]:
    """Open a folder of `parent`. Raises OSError."""
    if make:
        try:
            os.mkdir(name, 0o700, dir_fd=parent)
        except FileExistsError:
            pass
    with _held(os.open(name, _FOLDER, dir_fd=parent)) as folder:
        yield folder


@contextmanager
def locked(folder: int) -> Iterator[None]:
    """Keep other processes and threads from writing in a folder. Raises TimeoutError, or FolderVanished."""
    if flock is not None:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                flock(folder, LOCK_EX | LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise TimeoutError("another process holds the folder") from None
                time.sleep(PAUSE)
    if not os.fstat(folder).st_nlink:
        raise FolderVanished("the folder was removed")
    yield  # closing the descriptor unlocks


def read_file(folder: int, name: str, most: int) -> bytes | None:
    """Return what is in a regular file; None without one. Raises OSError, for a link and for more than `most` bytes."""
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        return None
    with _held(descriptor):
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_size > most:
            raise OSError("not a file of ours")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(most)


def end_of_file(folder: int, name: str, count: int) -> bytes:
    """Return the last bytes of a regular file; empty if it is none. Raises OSError."""
    with _held(os.open(name, _READ, dir_fd=folder)) as descriptor:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return b""
        os.lseek(descriptor, max(0, about.st_size - count), os.SEEK_SET)
        return os.read(descriptor, count)


def write_file(folder: int, name: str, content: bytes) -> None:
    """Write a file as a whole or not at all, mode 0600: under another name first, then renamed. Raises OSError."""
    unfinished = f".{token_hex(8)}.unfinished"
    try:
        with os.fdopen(os.open(unfinished, _NEW, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        try:
            os.unlink(unfinished, dir_fd=folder)
        except OSError:
            pass
        raise
    os.fsync(folder)


@contextmanager
def _held(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)
