"""Remove old archives: only files and folders that this program made, in slices so that nothing waits for it long."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from re import Pattern

from adapters.records.archive import MARK
from adapters.records.folders import end_of_file, locked, opened_folder, opened_root
from adapters.records.names import OUR_FILE, OUR_FOLDER, OUR_UNFINISHED

SLICE = 100
"""Names that are looked at in one go."""
UNFINISHED_SECONDS = 3_600
"""After that, whoever began to write a file no longer writes it."""
DAY = 86_400


def cleaning(root: Path, days: int, now: Callable[[], float]) -> Iterator[int]:
    """Remove archives older than `days` and the folders that are empty then; yields after each slice what was removed.

    `now`: the time (s since the epoch), as files have it. Raises OSError if the folder of all records cannot be read.
    """
    oldest, removed, seen = now() - days * DAY, 0, 0
    try:
        with opened_root(root, make=False) as top:
            for user in _named(top, OUR_FOLDER):
                for chat in _inside(top, user):
                    seen, removed = seen + 1, removed + _clean_chat(top, user, chat, oldest, now())
                    if seen % SLICE == 0:
                        yield removed
                with suppress(OSError):
                    os.rmdir(user, dir_fd=top)  # fails unless it is empty
    except FileNotFoundError:
        return
    yield removed


def _clean_chat(top: int, user: str, chat: str, oldest: float, now: float) -> int:
    removed = 0
    with suppress(OSError), opened_folder(top, user) as owner, opened_folder(owner, chat) as folder:
        names = [*_named(folder, OUR_FILE), *_named(folder, OUR_UNFINISHED)]
        old = [name for name in names if _is_old(folder, name, oldest, now)]
        if old or not names:
            with locked(folder):
                for name in old:
                    os.unlink(name, dir_fd=folder)
                    removed += 1
                if len(old) == len(names):
                    os.rmdir(chat, dir_fd=owner)  # while it is locked, and only if it is empty
    return removed


def _is_old(folder: int, name: str, oldest: float, now: float) -> bool:
    """Return whether a file is to go: an archive of ours by its mark, or one that was never finished."""
    with suppress(OSError):
        age = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
        if OUR_UNFINISHED.fullmatch(name):
            return age < now - UNFINISHED_SECONDS
        return age < oldest and end_of_file(folder, name, len(MARK)) == MARK
    return False


def _inside(top: int, user: str) -> Iterator[str]:
    try:
        with opened_folder(top, user) as owner:
            yield from _named(owner, OUR_FOLDER)
    except OSError:
        return


def _named(folder: int, pattern: Pattern[str]) -> list[str]:
    return [name for name in os.listdir(folder) if pattern.fullmatch(name)]
