"""Our SQLite file as the file system sees it: made, kept to its owner, and watched, as it may be lost or replaced.

SQLite's database file is never opened here: closing it would drop the locks SQLite holds on it for this process, and
with them the journal.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from adapters.sql.opened_file import FileId, file_id
from ports.clock import Clock
from ports.telemetry import Telemetry

COMPANIONS = ("-wal", "-shm")
LOOK_SECONDS = 20.0
"""Between two looks whether the database file still is the one that was opened."""

FileIds = tuple[FileId | None, ...]
"""Device and inode of the database and of its companions; None for a file that is not there."""


class FileWatch:
    """Notices that the database file that was opened has vanished or was replaced."""

    def __init__(self, clock: Clock, telemetry: Telemetry) -> None:
        self._clock, self._telemetry = clock, telemetry
        self._file: tuple[Path, FileIds] | None = None
        self._look_at = 0.0

    async def begin(self, path: Path) -> None:
        """Watch a file that was just opened."""
        self._file = (path, await asyncio.to_thread(file_ids, path))
        self._look_at = self._clock.monotonic() + LOOK_SECONDS

    def is_due(self) -> bool:
        """Return whether it is time to look again."""
        return self._file is not None and self._clock.monotonic() >= self._look_at

    async def lost(self) -> str:
        """Look at the file; return "vanished" or "replaced" if it is not the one that was opened, else nothing."""
        if self._file is None:
            return ""
        self._look_at = self._clock.monotonic() + LOOK_SECONDS
        path, known = self._file
        found = await asyncio.to_thread(file_ids, path)
        if found[0] == known[0]:
            self._file = (path, found)
            return ""
        return "vanished" if found[0] is None else "replaced"

    async def give_up(self, reason: str) -> None:
        """Report a lost file and delete its companions; nothing is watched until another one is opened."""
        if self._file is not None:
            path, known = self._file
            self._telemetry.event("warning", "storage_file_lost", reason=reason, file=path.name)
            await asyncio.to_thread(drop_companions, path, known)
            self._file = None


def begin_file(path: Path) -> None:
    """Make the database file, for its owner only, if it can be made; SQLite gives its companions the same rights.

    A new one gets its name only after it was closed.
    """
    draft = path.with_name(f".{path.name}.{token_hex(8)}")
    try:
        if path.exists():
            return
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            path.hardlink_to(draft)
        finally:
            draft.unlink()
    except OSError:  # there by now, or no links here; what is wrong is told by name when it is opened
        return


def keep_to_owner(path: Path) -> None:
    """Take rights of others away, without opening the file."""
    try:
        path.chmod(0o600)
    except OSError:  # another's file, lent to us
        return


def file_ids(path: Path) -> FileIds:
    """Return what is there now, by name."""
    return (file_id(path), *map(file_id, _companions(path)))


def drop_companions(path: Path, of: FileIds) -> None:
    """Delete the companions of a database file that is gone: SQLite would take them for those of the file there now.

    Only those known to be its own: another process may have made new ones by now. Call it while the lost file is still
    open here, or an inode may have been used again.
    """
    for companion, known in zip(_companions(path), of[1:], strict=True):
        if known is not None and file_id(companion) == known:
            with suppress(OSError):  # gone by now, or not ours to delete
                companion.unlink()


def _companions(path: Path) -> list[Path]:
    """Return where SQLite puts them: beside the file a link leads to, also when that is gone."""
    return [Path(f"{os.path.realpath(path)}{suffix}") for suffix in COMPANIONS]
