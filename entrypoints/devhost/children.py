"""Start child processes so that none outlives the program that started it."""

import os
import signal
from pathlib import Path

ENDS_WITH_PARENT = """
import ctypes, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
"""
LAUNCH = f"""
import runpy
{ENDS_WITH_PARENT}
module = sys.argv.pop(1)
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module. On Linux the system kills the child when the thread that started it ends; on other systems the
program has to stop it.
"""


def module_command(python: Path, module: str, *arguments: str) -> list[str]:
    """Return the command that runs `module` with `python`; on Linux the child ends with the calling thread."""
    return [str(python), "-c", LAUNCH, module, *arguments]


def grandchildren_end_too(folder: Path) -> dict[str, str]:
    """Return variables for a child whose own Python children are to end with it; `folder` gets a file for that."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(ENDS_WITH_PARENT)
    return {"PYTHONPATH": str(folder)}


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child that leads a process group, and to the whole group; do nothing if it has ended."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass
