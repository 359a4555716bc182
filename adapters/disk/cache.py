"""A cache of files in one folder; its values survive the process."""

import os
import time
from asyncio import to_thread
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from ports.cache import CacheUnavailable

PREFIX, SUFFIX = "openrouter_pipe_", ".cache"
MOST_FILES = 16
LARGEST = 64 * 1024 * 1024
"""Most bytes of a file that is read; a larger file was not written by this cache."""
LEFTOVER_SECONDS = 3600.0
"""Seconds after which an unfinished file is deleted: its writer has crashed."""


class DiskCache:
    """Implements Cache with one file per key, readable by its owner only. The folder must exist; it is never created.

    A new value is written to a second file and then renamed, so readers never see half a value.
    """

    name = "disk"
    in_store = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def get(self, key: str) -> bytes | None:
        """Read the file in a thread."""
        return await to_thread(_read, self._file(key))

    async def put(self, key: str, value: bytes) -> None:
        """Write the file in a thread, then delete the oldest ones beyond MOST_FILES."""
        await to_thread(_write, self._file(key), value)

    def _file(self, key: str) -> Path:
        return self._folder / f"{PREFIX}{key}{SUFFIX}"


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            value = opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CacheUnavailable(type(error).__name__) from error
    if len(value) > LARGEST:
        raise CacheUnavailable("the file is too large")
    return value


def _write(file: Path, value: bytes) -> None:
    draft = file.with_name(f".{file.name}.{token_hex(8)}")
    try:
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
                opened.write(value)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise CacheUnavailable(type(error).__name__) from error
    _evict(file.parent)


def _evict(folder: Path) -> None:
    """Delete the oldest files beyond MOST_FILES, and unfinished files of crashed writers."""
    aged = sorted(((_age(file), file) for file in folder.glob(f"{PREFIX}*{SUFFIX}")), key=lambda pair: pair[0])
    drafts = folder.glob(f".{PREFIX}*{SUFFIX}.*")
    doomed = [file for _, file in aged[MOST_FILES:]] + [file for file in drafts if _age(file) > LEFTOVER_SECONDS]
    for file in doomed:
        with suppress(OSError):
            file.unlink()


def _age(file: Path) -> float:
    try:
        return time.time() - file.stat().st_mtime
    except OSError:
        return 0.0
