"""Choose the function's upstream: OpenRouter if there is a key for it, otherwise the simulator."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from entrypoints.devhost.children import module_command
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.progress import Progress, say

ROOT = Path(__file__).resolve().parents[2]
SIMULATOR_KEY = "sk-or-v1-simulator"
SIMULATOR_SECONDS = 20.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/api/v1")
PASSED_ON = ("OPENROUTER_API_KEY", "OPENROUTER_API_BASE_URL")


@dataclass(frozen=True, slots=True)
class Upstream:
    """An upstream: the valves that select it, and the environment variables that the host needs for it.

    The key of a real account is passed in the environment, so that it is never written into the data folder.
    """

    name: str
    valves: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


@contextmanager
def chosen_upstream(*, progress: Progress = say) -> Iterator[Upstream]:
    """Yield OpenRouter if OPENROUTER_API_KEY is set, otherwise a simulator that runs inside the block."""
    if os.environ.get("OPENROUTER_API_KEY"):
        passed = {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}
        yield Upstream("OpenRouter", {"API_KEY": "", "BASE_URL": ""}, passed)
        return
    progress("· OPENROUTER_API_KEY is not set: starting the simulator")
    with running_simulator() as address:
        progress(f"· the simulator answers at {address}")
        yield Upstream("the simulator", {"API_KEY": SIMULATOR_KEY, "BASE_URL": address})


@contextmanager
def running_simulator() -> Iterator[str]:
    """Run the simulator as a child process on a free port; yield its base URL."""
    command = module_command(Path(sys.executable), "entrypoints.simulator", "--port", "0")
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield _announced_address(process)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _announced_address(process: "subprocess.Popen[str]") -> str:
    """Return the address that the child prints; continue to read its output, so that it never blocks on a full pipe."""
    found: Queue[str] = Queue()

    def read() -> None:
        last = "it printed nothing"
        for line in process.stdout or ():
            last = line.strip() or last
            if match := ADDRESS.search(line):
                found.put(match[0])
        found.put(f"!{last}")

    threading.Thread(target=read, name="devhost-simulator-output", daemon=True).start()
    try:
        first = found.get(timeout=SIMULATOR_SECONDS)
    except Empty:
        raise DevhostError(f"the simulator printed no address within {SIMULATOR_SECONDS:.0f} s") from None
    if first.startswith("!"):
        raise DevhostError(f"the simulator did not start: {first[1:]}")
    return first
