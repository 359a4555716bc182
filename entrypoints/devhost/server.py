"""Run one real Open WebUI as a child process on loopback, with a data folder of its own."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from entrypoints.devhost.children import grandchildren_end_too, module_command, signal_group
from entrypoints.devhost.environments import host_python
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.host_settings import host_environment
from entrypoints.devhost.progress import Progress, say
from entrypoints.devhost.worker_processes import StartInTurn, answering_workers

START_SECONDS = 300.0
STOP_SECONDS = 8.0
WORKER_SECONDS = "15"
"""Without a sign of life for that long a worker is replaced; a killed one may be noticed as late."""


class HostServer:
    """A host that runs inside `with`. Start it from a thread that lives as long as the host should run.

    `folder` holds database, log and secret and is kept; without it a temporary folder is used and removed.
    `workers` processes answer, as with the host's own UVICORN_WORKERS; they need PostgreSQL and Redis in `settings`.
    `login=False` signs everybody in as the administrator. `offline=False` allows the host to install packages.
    `settings` are environment variables that override the defaults. Raises DevhostError.
    """

    def __init__(
        self,
        version: str,
        *,
        folder: Path | None = None,
        port: int | None = None,
        workers: int = 1,
        login: bool = True,
        offline: bool = True,
        python: Path | None = None,
        settings: Mapping[str, str] | None = None,
        progress: Progress = say,
    ) -> None:
        self.version = version
        self.boot_seconds = 0.0
        self._temporary = folder is None
        self.folder = (folder or _temporary_folder()).resolve()
        self.port, self.workers = port or free_port(), workers
        self._given_port = port is not None
        self._python = python
        self._settings = {"WEBUI_AUTH": str(login), "OFFLINE_MODE": str(offline), **(settings or {})}
        self._progress = progress
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the URL of the host, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return the process id of the running host."""
        if self._process is None:
            raise DevhostError(f"Open WebUI {self.version} is not running")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Return the file with the host's output; each start overwrites it."""
        return self.folder / "host.log"

    def is_running(self) -> bool:
        """Return whether the host was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def log_text(self) -> str:
        """Return the host's output since its last start."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def start(self) -> None:
        """Start the host and return when it answers. If it does not answer in time, stop it and raise DevhostError."""
        if self._given_port and not _is_free(self.port):
            raise DevhostError(f"port {self.port} is in use: choose another one with PORT=")
        python = self._python or host_python(self.version, progress=self._progress)
        self._progress(f"· starting Open WebUI {self.version} on port {self.port}")
        self.folder.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        self._process = self._spawn(python)
        try:
            self._wait_until_ready(began + START_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.boot_seconds = time.monotonic() - began
        self._progress(f"· Open WebUI {self.version} answers after {self.boot_seconds:.1f} s")

    def stop(self) -> None:
        """Terminate the host and its children; kill them if they have not ended after some seconds. Idempotent."""
        process, self._process = self._process, None
        if process is None:
            return
        signal_group(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        signal_group(process.pid, signal.SIGKILL)
        process.wait()

    def _spawn(self, python: Path) -> subprocess.Popen[bytes]:
        listen = ("--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers))
        command = module_command(python, "uvicorn", "open_webui.main:app", *listen, "--timeout-graceful-shutdown", "1")
        several: dict[str, str] = {}
        if self.workers > 1:
            several = {"UVICORN_WORKERS": str(self.workers), **grandchildren_end_too(self.folder / "children")}
            command += ["--timeout-worker-healthcheck", WORKER_SECONDS]
        with self.log_path.open("wb") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=host_environment(self.folder, {**several, **self._settings}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_ready(self, deadline: float) -> None:
        """Wait until the host answers, and each of its workers does.

        The first worker makes the host's tables and settings while the others wait: several that begin on an empty
        database get into each other's way.
        """
        answering: set[int] = set()
        with StartInTurn(self.pid) as workers:
            while not self._is_healthy():
                workers.hold_back()
                self._check_start(deadline)
        while self.workers > 1 and len(answering) < self.workers:
            self._check_start(deadline)
            answering |= answering_workers(self.pid, self.port)

    def _check_start(self, deadline: float) -> None:
        if not self.is_running():
            raise self._failure("ended before it was ready")
        if time.monotonic() > deadline:
            raise self._failure(f"did not answer within {START_SECONDS:.0f} s")
        time.sleep(0.1)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _failure(self, what: str) -> DevhostError:
        lines = [line.strip() for line in self.log_text().splitlines() if line.strip()]
        last = lines[-1] if lines else "it printed nothing"
        return DevhostError(f"Open WebUI {self.version} {what}: {last}", log="\n".join(lines[-20:]))


def _temporary_folder() -> Path:
    """Return a new folder inside another: the host imports modules from the folder above its own."""
    return Path(tempfile.mkdtemp(prefix="openrouter-pipe-host-")) / "host"


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
