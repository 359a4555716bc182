"""The journal of the ledger in a folder: one file per process, appended to while the ledger cannot be written.

A process holds a lock on its file as long as it lives, so that others replay only the files of dead ones. Where there
are no such locks (Windows), a file belongs to a dead process once it was not written to for a day.
"""

import os
import time
from asyncio import Lock, to_thread
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import ModuleType

from adapters.disk.ledger_lines import entry_of, line_of
from ports.ledger import Entry
from ports.ledger_journal import JournalUnavailable, Writer

PREFIX, SUFFIX = "openrouter_pipe_ledger_", ".jsonl"
BATCH = 200
IDLE_SECONDS = 24 * 3600.0
NO_LINKS = getattr(os, "O_NOFOLLOW", 0)

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:
    fcntl = None


class DiskLedgerJournal:
    """Implements LedgerJournal. `owner` names the process and contains no special characters.

    `most_bytes`: of all files in the folder, which must exist.
    """

    def __init__(self, folder: Path, owner: str, most_bytes: int) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._names = (folder / f"{PREFIX}{owner}{f'-{number}' if number else ''}{SUFFIX}" for number in count())
        self._own: Path | None = None  # its name is never used again: whoever replays a file deletes it by its name
        self._handle: int | None = None
        self._lock = Lock()

    async def append(self, entries: Sequence[Entry]) -> int:
        """Append in a thread, and wait until it is on the disk."""
        lines = [line_of(entry) for entry in entries]
        async with self._lock:
            return await to_thread(self._append, lines)

    async def replay(self, write: Writer) -> int:
        """Write the files of dead processes and the own one; each is deleted once all of it was written.

        Entries that are appended meanwhile go to a new file.
        """
        async with self._lock:
            files = await to_thread(self._sealed)
        replayed = 0
        for file in files:
            held = await to_thread(_held, file)
            if held is None:
                continue
            try:
                entries = await to_thread(_read, file, self._most_bytes)
                for start in range(0, len(entries), BATCH):
                    await write(entries[start : start + BATCH])
            finally:
                os.close(held)
            with suppress(OSError):
                file.unlink(missing_ok=True)
            replayed += len(entries)
        return replayed

    async def aclose(self) -> None:
        """Close the file; it stays."""
        async with self._lock:
            await to_thread(self._close)

    # --- details ------------------------------------------------------------------------------------------

    def _append(self, lines: Sequence[bytes]) -> int:
        try:
            room = self._most_bytes - sum(_size(file) for file in self._files())
            kept = list(_fitting(lines, room))
            if kept:
                _written(self._opened(), b"".join(kept))
            return len(kept)
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error

    def _opened(self) -> int:
        """Return a file that is locked by this process and still there, a new one if need be."""
        if self._handle is not None and self._own is not None and self._own.exists():
            return self._handle
        self._close()
        while self._handle is None:
            self._own = next(self._names)
            self._handle = _opened(self._own)
        return self._handle

    def _close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _sealed(self) -> list[Path]:
        """Let go of the own file, to which nothing more is appended; return all files but new ones."""
        self._close()
        return self._files()

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.glob(f"{PREFIX}*{SUFFIX}"))
        except OSError as error:
            raise JournalUnavailable(type(error).__name__) from error


def _fitting(lines: Sequence[bytes], room: int) -> Iterator[bytes]:
    for line in lines:
        room -= len(line)
        if room < 0:
            return
        yield line


def _opened(file: Path) -> int | None:
    """Make a file to append to, readable by its owner only, and lock it while this process lives.

    None if somebody who replays has taken it in the moment before it was locked: it is empty, and about to be deleted.
    """
    handle = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY | NO_LINKS, 0o600)
    if _locked(handle) and file.exists():
        return handle
    os.close(handle)
    return None


def _locked(handle: int) -> bool:
    """Lock a file, unless another process has; where there are no locks, it counts as locked."""
    if fcntl is not None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
    return True


def _written(handle: int, lines: bytes) -> None:
    """Write lines and wait for the disk; half a line never stays."""
    size = os.fstat(handle).st_size
    try:
        if os.write(handle, lines) < len(lines):
            raise OSError("the disk is full")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, size)
        raise


def _held(file: Path) -> int | None:
    """Return a handle that holds the file of a dead process; None if its process lives or the file is gone."""
    try:
        if fcntl is None:
            return os.open(file, os.O_RDONLY | NO_LINKS) if time.time() - file.stat().st_mtime > IDLE_SECONDS else None
        handle = os.open(file, os.O_RDWR | NO_LINKS)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _read(file: Path, most_bytes: int) -> list[Entry]:
    try:
        with file.open("rb") as opened:
            raw = opened.read(most_bytes)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalUnavailable(type(error).__name__) from error
    return [entry for line in raw.splitlines() if (entry := entry_of(line)) is not None]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
