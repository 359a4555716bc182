"""The bytes of a file from the host's storage provider. Everything here blocks and runs in a thread.

Local storage names a file; S3, GCS and Azure first download a copy into the host's upload folder, always under the same
name, which the host does too. Source: the hosts' `storage/provider.py`, 0.6.28 to 0.12.4.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from threading import Event
from typing import Any

from ports.files import FileFlaw, FileUnavailable

PROVIDER = "open_webui.storage.provider"
TRIES = 3
"""How often a copy is downloaded if another reader of the host writes it at the same moment."""
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which bytes: `path` as stored in the host's row, `size` as noted there, at most `limit`, `piece` at a time."""

    path: str
    size: int | None
    limit: int
    piece: int

    @property
    def remote(self) -> bool:
        """Return whether the provider downloads a copy."""
        return "://" in self.path


def read_stored(wanted: Wanted, stopped: Event) -> bytes:
    """Return the bytes; stop between two pieces once `stopped` is set. Raises FileUnavailable."""
    provider = import_module(PROVIDER)
    if not wanted.remote:
        return _content(_got(provider, wanted.path), wanted, stopped)
    for _ in range(TRIES):
        with _copy(provider, wanted.path) as copy:
            before = _mark(copy)
            content = _content(copy, wanted, stopped)
            if _mark(copy) == before and wanted.size in (None, len(content)):
                return content
    raise FileUnavailable(FileFlaw.UNREADABLE, "its copy changes", size=wanted.size)


@contextmanager
def _copy(provider: Any, path: str) -> Iterator[Path]:
    """Let the provider download a copy; remove it if it was not there before, unless somebody wrote it meanwhile."""
    place = Path(provider.UPLOAD_DIR, path.rpartition("/")[2])
    kept = place.exists()
    before = None
    try:
        copy = _got(provider, path)
        before = _mark(copy)
        yield copy
    finally:
        if not kept and before in (None, _mark(place)):
            with suppress(OSError):
                place.unlink()


def _got(provider: Any, path: str) -> Path:
    try:
        return Path(provider.Storage.get_file(path))
    except Exception as error:  # the host's providers may raise anything
        gone = _is_missing(error) or (path.startswith("gs://") and isinstance(error, AttributeError))
        raise FileUnavailable(FileFlaw.MISSING if gone else FileFlaw.UNREADABLE, type(error).__name__) from error


def _content(file: Path, wanted: Wanted, stopped: Event) -> bytes:
    try:
        status = file.stat()
        if not S_ISREG(status.st_mode):
            raise FileUnavailable(FileFlaw.UNREADABLE, "not a file")
        if status.st_size > wanted.limit:
            raise FileUnavailable(FileFlaw.TOO_LARGE, size=status.st_size)
        with file.open("rb", buffering=0) as source:
            return _bounded(source.read, wanted, stopped)
    except FileNotFoundError as error:
        raise FileUnavailable(FileFlaw.MISSING, "no longer stored") from error
    except OSError as error:
        raise FileUnavailable(FileFlaw.UNREADABLE, type(error).__name__) from error


def _bounded(read: Callable[[int], bytes], wanted: Wanted, stopped: Event) -> bytes:
    held = BytesIO()  # it hands its bytes out without another copy
    while piece := read(min(wanted.piece, wanted.limit + 1 - held.tell())):
        held.write(piece)
        if held.tell() > wanted.limit:
            raise FileUnavailable(FileFlaw.TOO_LARGE)
        if stopped.is_set():
            raise FileUnavailable(FileFlaw.UNREADABLE, "stopped")
    return held.getvalue()


def _mark(file: Path) -> tuple[int, int, int] | None:
    """Return what changes when somebody writes a file."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _is_missing(error: BaseException | None) -> bool:
    """Return whether a cloud says that it has no such file: each client library has a field of its own for it."""
    seen = 0
    while error is not None and seen < 5:
        response = getattr(error, "response", None)
        answer = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
        codes = (getattr(error, "code", None), getattr(error, "status_code", None), answer.get("HTTPStatusCode"))
        if NOT_FOUND in codes or isinstance(error, FileNotFoundError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
