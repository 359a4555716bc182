"""Compiled modules kept in the host's data folder: compiling takes longer than everything else a load does.

Used again by every load in the same Python, module by module: what a new version leaves unchanged is not compiled.
"""

import hashlib
import marshal
import os
import secrets
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER
from pathlib import Path

_KEPT_PREFIX, _KEPT_SUFFIX = "openrouter_pipe_code_", ".bin"
_KEPT_FILES = 4  # of other versions of this text or of Python
_KEPT_LARGEST = 64 * 1024 * 1024  # bytes; a larger file is not ours
_HEAD = 96  # bytes: Python, contents, digest of the rest


@dataclass(frozen=True, slots=True)
class FoundCode:
    """What was kept: path -> SHA-256 of the source and marshalled code. `whole`: of exactly these contents."""

    whole: bool
    codes: dict[str, tuple[bytes, bytes]]


class KeptCode:
    """Compiled modules in one file, for one text and one Python.

    Running code is trusting whoever wrote it: the file counts only if it is a regular file of this user's that nobody
    else may read or write, and only with the digest it was written with. Anything else is as good as no file.
    `contents` is the digest of all texts, in hexadecimal digits.
    """

    def __init__(self, folder: Path, contents: str) -> None:
        self._python = hashlib.sha256(MAGIC_NUMBER + f"{sys.version} {sys.flags.optimize}".encode()).digest()
        self._contents = bytes.fromhex(contents)
        name = hashlib.sha256(self._python + self._contents).hexdigest()[:32]
        self._file = folder / f"{_KEPT_PREFIX}{name}{_KEPT_SUFFIX}"

    def find(self) -> FoundCode:
        """Return the code of these contents, else that of the newest other version; empty if no file is trusted."""
        codes = self._read(self._file, self._python + self._contents)
        if codes:
            return FoundCode(whole=True, codes=codes)
        others = (self._read(file, self._python) for file in self._newest_first() if file != self._file)
        return FoundCode(whole=False, codes=next((codes for codes in others if codes), {}))

    def write(self, codes: Mapping[str, tuple[bytes, bytes]]) -> None:
        """Keep the code, whole or not at all; a folder that cannot be written keeps nothing."""
        body = marshal.dumps(dict(codes))
        head = self._python + self._contents + hashlib.sha256(body).digest()
        draft = self._file.with_name(f".{self._file.name}.{secrets.token_hex(8)}")
        with suppress(OSError):
            try:
                with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                    file.write(head + body)
                draft.replace(self._file)
            finally:
                draft.unlink(missing_ok=True)
            self._tidy()

    def _read(self, path: Path, begins: bytes) -> dict[str, tuple[bytes, bytes]]:
        try:
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(opened, "rb") as file:
                status = os.fstat(opened)
                private = stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
                if not private or status.st_uid != os.geteuid() or status.st_size > _KEPT_LARGEST:
                    return {}
                content = file.read()
        except (OSError, AttributeError):  # none, not for us, or a system without owners of files
            return {}
        head, body = content[:_HEAD], content[_HEAD:]
        if not head.startswith(begins) or head[-32:] != hashlib.sha256(body).digest():
            return {}
        return dict(marshal.loads(body))  # noqa: S302 - written by this user, digest and Python as expected

    def _newest_first(self) -> list[Path]:
        found: list[tuple[float, Path]] = []
        with suppress(OSError):  # a folder that cannot be listed
            for file in self._file.parent.glob(f"{_KEPT_PREFIX}*{_KEPT_SUFFIX}"):
                with suppress(OSError):  # another process tidied
                    found.append((file.stat().st_mtime, file))
        return [file for _, file in sorted(found, reverse=True)]

    def _tidy(self) -> None:
        """Delete the oldest files beyond the limit, and drafts of writers that died."""
        drafts = self._file.parent.glob(f".{_KEPT_PREFIX}*{_KEPT_SUFFIX}.*")
        doomed = self._newest_first()[_KEPT_FILES:]
        doomed += [draft for draft in drafts if draft.stat().st_mtime < time.time() - 3600]
        for file in doomed:
            file.unlink(missing_ok=True)


def data_folder() -> Path | None:
    """Return the folder the loaded host keeps its data in; None when there is no host that says so."""
    folder = getattr(sys.modules.get("open_webui.env"), "DATA_DIR", None) or os.environ.get("DATA_DIR")
    try:
        return Path(folder) if folder and Path(folder).is_dir() else None
    except OSError:  # a file system that cannot be asked: the host has trouble enough
        return None
