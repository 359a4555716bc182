"""Start child processes so that none outlives the program that started it."""

import os
import signal
from pathlib import Path

LAUNCH = """
import ctypes, runpy, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module. On Linux the system kills the child when the thread that started it ends; on other systems the
program has to stop it.
"""


def module_command(python: Path, module: str, *arguments: str) -> list[str]:
    """Return the command that runs `module` with `python`; on Linux the child ends with the calling thread."""
    return [str(python), "-c", LAUNCH, module, *arguments]


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child that leads a process group, and to the whole group; do nothing if it has ended."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass
