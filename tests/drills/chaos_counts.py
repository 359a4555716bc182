"""What a process holds, and what it complains of: open files, threads, memory; warnings and lost errors of its loop."""

import asyncio
import ctypes
import gc
import logging
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Held:
    """What a process holds; `memory` in bytes."""

    files: int
    threads: int
    memory: int


def held(pid: int | None = None) -> Held:
    """Count what a process holds, this one by default; its own free memory is returned to the system first."""
    if pid is None:
        gc.collect()
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
    place = Path("/proc") / str(pid or os.getpid())
    pages = int((place / "statm").read_text().split()[1])
    threads = len(list((place / "task").iterdir())) if pid else threading.active_count()
    return Held(len(list((place / "fd").iterdir())), threads, pages * os.sysconf("SC_PAGE_SIZE"))


@dataclass
class Complaints(logging.Handler):
    """Collects what must not happen silently: errors of tasks that nobody took, warnings, asyncio's own log."""

    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.WARNING)

    def __hash__(self) -> int:
        return id(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(f"asyncio: {record.getMessage()[:500]}")

    def of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """Collect what the loop could give to nobody."""
        self.found.append(f"loop: {context.get('message')} {context.get('exception')!r} {context.get('task')}"[:500])


@contextmanager
def complaints() -> Iterator[Complaints]:
    """Collect complaints while the block runs."""
    collected, log = Complaints(), logging.getLogger("asyncio")
    before = sys.unraisablehook
    with warnings.catch_warnings():
        warnings.simplefilter("always", ResourceWarning)
        warnings.simplefilter("always", RuntimeWarning)
        warnings.showwarning = lambda message, kind, *_, **__: collected.found.append(f"{kind.__name__}: {message}")
        sys.unraisablehook = lambda what: collected.found.append(f"unraisable: {what.exc_value!r} {what.object!r}")
        log.addHandler(collected)
        try:
            yield collected
            gc.collect()
        finally:
            log.removeHandler(collected)
            sys.unraisablehook = before
