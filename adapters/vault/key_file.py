"""A generated key in a file that only its owner may read. Blocking: call it in a thread."""

import os
import secrets
import time
from pathlib import Path

from adapters.vault.keys import KEY_BYTES, decoded, encoded

_MODE = 0o600
_LONGEST = 4096  # most bytes to read
_STEP = 0.02  # s
PATIENCE = 0.5
"""Seconds to wait for an empty file: where files cannot be linked, another worker may still be writing it."""


class KeyFileUnusable(Exception):
    """The key file cannot be used. `reason`: empty, damaged, cannot be read, cannot be made.

    Never replace it with a new key: everything encrypted with the old one would be lost.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"key file: {reason}")
        self.reason = reason


def read_or_make_key(path: Path) -> bytes:
    """Return the 32 bytes of the key file; create it if missing. Any number of processes agree on one key.

    Never overwrites. Raises KeyFileUnusable.
    """
    found = read_key(path)
    if found is not None:
        return found
    try:
        _make(path, encoded(secrets.token_bytes(KEY_BYTES)) + b"\n")
    except OSError as error:
        raise KeyFileUnusable("cannot be made") from error
    made = read_key(path)
    if made is None:
        raise KeyFileUnusable("cannot be made")
    return made


def read_key(path: Path, patience: float = PATIENCE) -> bytes | None:
    """Return the 32 bytes of the key file, None if it is missing; removes access rights of other users.

    Raises KeyFileUnusable.
    """
    try:
        text = _text(path)
        while not text and patience > 0:
            time.sleep(_STEP)
            patience -= _STEP
            text = _text(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyFileUnusable("cannot be read") from error
    if not text:
        raise KeyFileUnusable("empty")
    try:
        return decoded(text)
    except ValueError:
        raise KeyFileUnusable("damaged") from None


def _text(path: Path) -> bytes:
    with path.open("rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
            _tighten(file.fileno())
        return file.read(_LONGEST).strip()


def _tighten(descriptor: int) -> None:
    try:
        os.fchmod(descriptor, _MODE)
    except OSError:  # the file belongs to another user: its key is still the only one
        return


def _make(path: Path, text: bytes) -> None:
    """Create the complete file atomically, or keep the file that another process created first."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_new(draft, text)
    try:
        _publish(draft, path, text)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _publish(draft: Path, path: Path, text: bytes) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        try:
            _write_new(path, text)
        except FileExistsError:
            return


def _write_new(path: Path, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), _MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make the file's directory entry durable, where folders can be opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:  # some file systems refuse to sync a folder
        return
    finally:
        os.close(descriptor)
