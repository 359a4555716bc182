"""Database failures while users chat: each produced for real, in a real host."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from entrypoints.devhost.admin import HostAdmin
from entrypoints.devhost.server import HostServer
from entrypoints.simulator.threads import SimulatorThread
from tests.doubles.lock_holder import locked_by_another_process
from tests.doubles.postgres import frozen_postgres, new_database_url, stopped_postgres
from tests.drills.host_talk import Period, Talk, talking
from tests.hosts.conftest import ADMIN
from tests.hosts.installed import InstalledHost, install

FIRST_TOKEN_SECONDS, STALL_SECONDS, RECOVERY_SECONDS = 3.0, 0.05, 15.0
NOISE_SECONDS = 0.5
"""Delay that a busy machine may add to the first token of any answer."""
STALL_NOISE_SECONDS = 0.1
"""Time it may add to the longest stall: two calm periods differ by as much."""
NOTICED_SECONDS = 60.0
"""Time within which a missing file must be noticed."""
SMALL_DISK = "8m"
DATABASE = "openrouter_pipe.db"

Make = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Trouble:
    """A failure that lasts `seconds`; `lost`: the reason that must be logged within NOTICED_SECONDS."""

    name: str
    make: Make
    seconds: float
    lost: str = ""


@dataclass
class Troubles:
    """One readable line per trouble; `misses` lists what must not happen."""

    lines: list[str] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)


async def go_through(host: InstalledHost, troubles: list[Trouble]) -> Troubles:
    """Let one user chat during every trouble, one after the other."""
    report = Troubles()
    async with talking(host) as talk:
        calm = await talk.for_seconds(6.0)
        for trouble in troubles:
            await _one(talk, trouble, calm, report)
    return report


async def _one(talk: Talk, trouble: Trouble, calm: Period, report: Troubles) -> None:
    before = talk.warnings()
    with trouble.make():
        period = await talk.for_seconds(trouble.seconds)
    noticed = await talk.until_logged(("storage_file_lost", trouble.lost), NOTICED_SECONDS) if trouble.lost else 0.0
    recovered = await talk.until_remembered(RECOVERY_SECONDS + NOISE_SECONDS)
    new = talk.warnings() - before
    late, stall = period.slowest - calm.usual, period.stall - calm.stall
    took = "never" if recovered is None else f"{recovered:.1f} s"
    seen = f"noticed after {noticed:.0f} s, " if noticed else ""
    report.lines.append(
        f"{trouble.name:<34} {period.answered:>3} answers, first token +{late:.2f} s at most, "
        f"stall {1000 * stall:+.0f} ms (calm {1000 * calm.stall:.0f}; garbage {1000 * period.collected:.0f}), "
        f"{seen}remembers after {took}, "
        f"warnings {dict(new) or 'none'}"
    )
    misses = [f"{trouble.name}: {fault}" for fault in period.failed]
    if not period.answered:
        misses.append(f"{trouble.name}: no answer at all")
    if late > FIRST_TOKEN_SECONDS + NOISE_SECONDS:
        misses.append(f"{trouble.name}: a first token came {late:.1f} s late")
    if stall > STALL_SECONDS + STALL_NOISE_SECONDS:
        misses.append(f"{trouble.name}: the loop stalled {1000 * stall:.0f} ms longer than in a calm period")
    if noticed is None:
        misses.append(f"{trouble.name}: not noticed within {NOTICED_SECONDS:.0f} s")
    if recovered is None:
        misses.append(f"{trouble.name}: not remembered again within {RECOVERY_SECONDS:.0f} s")
    misses += [f"{trouble.name}: {count} warnings {kind}" for kind, count in new.items() if count > 1]
    report.misses += misses


def sqlite_troubles(folder: Path, locked_seconds: float) -> list[Trouble]:
    """Return the possible failures of the pipe's file in `folder`."""
    file = folder / DATABASE
    return [
        Trouble("locked by another process", lambda: locked_by_another_process(file), locked_seconds),
        Trouble("file deleted", lambda: _at_once(file.unlink), 3.0, "vanished"),
        Trouble("file replaced", lambda: _at_once(lambda: _replace(file)), 3.0, "replaced"),
    ]


def postgres_troubles() -> list[Trouble]:
    """Return the possible failures of a server that only the pipe uses."""
    return [Trouble("PostgreSQL frozen", frozen_postgres, 20.0), Trouble("PostgreSQL stopped", stopped_postgres, 15.0)]


def full_disk_troubles(folder: Path) -> list[Trouble]:
    """Return the failure of a full disk."""
    return [Trouble("disk full", lambda: _filled(folder), 8.0)]


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Provide a folder on a small disk; None if this user may not mount one."""
    folder = Path(mkdtemp(prefix="small-disk-"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _at_once(work: Callable[[], object]) -> Iterator[None]:
    work()
    yield


@contextmanager
def _filled(folder: Path) -> Iterator[None]:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    try:
        yield
    finally:
        ballast.unlink()


def _replace(file: Path) -> None:
    other = file.with_name("replacement")
    other.touch(mode=0o600)
    other.replace(file)


def run(version: str, source: str, *, locked_seconds: float) -> Troubles:
    """Boot a host for each kind of database and run all its troubles."""
    report = Troubles()
    with SimulatorThread(generation_delay=0) as simulator:
        with HostServer(version) as server:
            host = asyncio.run(_installed(server, simulator, source))
            _add(report, host, sqlite_troubles(server.folder / "data", locked_seconds))
        with HostServer(version, settings={"OPENROUTER_PIPE_DATABASE_URL": new_database_url()}) as server:
            host = asyncio.run(_installed(server, simulator, source))
            _add(report, host, postgres_troubles())
        with small_disk() as disk:
            if disk is None:
                report.lines.append("disk full: not made, this user may not mount a small disk")
                return report
            settings = {"OPENROUTER_PIPE_DATABASE_URL": f"sqlite:///{disk}/{DATABASE}"}
            with HostServer(version, settings=settings) as server:
                host = asyncio.run(_installed(server, simulator, source))
                _add(report, host, full_disk_troubles(disk))
    return report


def _add(report: Troubles, host: InstalledHost, troubles: list[Trouble]) -> None:
    more = asyncio.run(go_through(host, troubles))
    report.lines += more.lines
    report.misses += more.misses


async def _installed(server: HostServer, simulator: SimulatorThread, source: str) -> InstalledHost:
    async with HostAdmin(server.url) as admin:
        host = InstalledHost(server, await admin.sign_up(**ADMIN), simulator, source)
        await install(admin, source, host.valves)
    return host
