"""The workers of a host, and which of them has taken a connection. Source: `/proc` of Linux, and uvicorn 0.54."""

import os
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "0100007F"
TAKEN_SECONDS = 0.2


def workers_of(pid: int) -> tuple[int, ...]:
    """Return the worker processes of a running uvicorn, oldest first."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return ()
    return tuple(int(child) for child in children if b"spawn_main" in _command(int(child)))


class StartInTurn:
    """Lets all workers but the first wait inside `with`."""

    def __init__(self, pid: int) -> None:
        self._pid, self._held = pid, set[int]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._held:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGCONT)

    def hold_back(self) -> None:
        """Stop those that have begun by now."""
        for worker in set(workers_of(self._pid)[1:]) - self._held:
            self._held.add(worker)
            os.kill(worker, signal.SIGSTOP)


def answering_workers(pid: int, port: int) -> set[int]:
    """Open one connection to a uvicorn; return the worker that takes it, if one does so soon."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), TAKEN_SECONDS) as opened:
        until = time.monotonic() + TAKEN_SECONDS
        while time.monotonic() < until:
            inode = accepted(port, int(opened.getsockname()[1]))
            owner = owner_of(inode, workers_of(pid)) if inode else None
            if owner is not None:
                return {owner}
            time.sleep(0.005)
    return set()


def accepted(server_port: int, client_port: int) -> int | None:
    """Return the inode of the server's end of a connection: 0 until a process has taken it, None if there is none."""
    here, there = f"{LOOPBACK}:{server_port:04X}", f"{LOOPBACK}:{client_port:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == here and fields[2] == there:
            return int(fields[9])
    return None


def owner_of(inode: int, pids: Iterable[int]) -> int | None:
    """Return which of the processes holds a socket."""
    wanted = f"socket:[{inode}]"
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        with suppress(OSError):
            for name in os.listdir(folder):
                with suppress(OSError):
                    if os.readlink(f"{folder}/{name}") == wanted:
                        return pid
    return None


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
