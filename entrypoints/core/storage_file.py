"""Our SQLite file as the file system sees it: made, kept to its owner, and known again.

SQLite's database file is never opened here: closing it would drop the locks SQLite holds on it for this process, and
with them the journal.
"""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

COMPANIONS = ("-wal", "-shm")

FileId = tuple[int, int]
FileIds = tuple[FileId | None, ...]
"""Device and inode of the database and of its companions; None for a file that is not there."""


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
    return (_id(path), *map(_id, _companions(path)))


def drop_companions(path: Path, of: FileIds) -> None:
    """Delete the companions of a database file that is gone: SQLite would take them for those of the file there now.

    Only those known to be its own: another process may have made new ones by now. Call it while the lost file is still
    open here, or an inode may have been used again.
    """
    for companion, known in zip(_companions(path), of[1:], strict=True):
        if known is not None and _id(companion) == known:
            with suppress(OSError):  # gone by now, or not ours to delete
                companion.unlink()


def _companions(path: Path) -> list[Path]:
    """Return where SQLite puts them: beside the file a link leads to, also when that is gone."""
    return [Path(f"{os.path.realpath(path)}{suffix}") for suffix in COMPANIONS]


def _id(path: Path) -> FileId | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
