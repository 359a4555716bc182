"""A real host under failures of its environment: `python -m tests.drills.host`; exits with 1 on any miss.

Bursts on PostgreSQL with the host's default pool, kills in mid-answer, and failures of the pipe's database.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from entrypoints.simulator.threads import SimulatorThread
from tests.drills.host_troubles import Troubles
from tests.drills.host_troubles import run as run_troubles
from tests.drills.killed_answers import NEWEST
from tests.drills.killed_answers import run as run_kills
from tests.hosts.bursts import BURSTS, PEOPLE, crowded_host, unanswered


def bursts(version: str, source: str) -> Troubles:
    """Let a hundred users ask at once, this pipe and a bare pipe without rows."""
    report = Troubles()
    with SimulatorThread() as simulator, crowded_host(version, simulator, source) as host:
        ours = [PEOPLE - len(asyncio.run(unanswered(host, "openrouter.sim/echo", PEOPLE))) for _ in range(BURSTS)]
        bare = [PEOPLE - len(asyncio.run(unanswered(host, "bare.sim/echo", PEOPLE))) for _ in range(BURSTS)]
    report.lines.append(f"{BURSTS} bursts of {PEOPLE} on PostgreSQL: answered {ours}, by a bare pipe {bare}")
    if sum(ours) < sum(bare):
        report.misses.append(f"bursts: {sum(ours)} answered, by a bare pipe {sum(bare)}")
    return report


def kills(version: str, bundle: Path, count: int) -> Troubles:
    """Kill the host while answers run tools."""
    figures = run_kills(count, chats=4, version=version, bundle=bundle)
    return Troubles(figures.lines(), figures.misses)


def main() -> int:
    """Run the drill and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host-version", default=NEWEST)
    parser.add_argument("--locked", type=float, default=60.0, help="seconds for which another process locks the file")
    parser.add_argument("--kills", type=int, default=5, help="each in the middle of four answers")
    parser.add_argument("--bundle", type=Path, help="a single file built before")
    asked = parser.parse_args()
    misses: list[str] = []
    with TemporaryDirectory(prefix="drill-host-") as folder:
        bundle = asked.bundle or Path(folder) / "openrouter_pipe.py"
        if asked.bundle is None:
            command = [sys.executable, "-m", "entrypoints.openwebui.bundle", "--output", str(bundle)]
            subprocess.run(command, check=True)
        version, source = asked.host_version, bundle.read_text("utf-8")
        parts: tuple[Callable[[], Troubles], ...] = (
            lambda: bursts(version, source),
            lambda: kills(version, bundle, asked.kills),
            lambda: run_troubles(version, source, locked_seconds=asked.locked),
        )
        for part in parts:
            began = time.monotonic()
            report = part()
            misses += report.misses
            print("\n".join(report.lines), f"({time.monotonic() - began:.0f} s)", flush=True)
    print(f"misses: {len(misses) or 'none'}")
    for miss in misses[:20]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
