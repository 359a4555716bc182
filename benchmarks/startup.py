"""The cost of a function's first use for all others: an event loop ticks while the file is executed and loaded.

`python -m benchmarks.startup FILE` measures in a process of its own and prints milliseconds: executing the file, the
first model list, and the longest stall during it.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.report import Broken, Line, difference
from entrypoints.openwebui.bundle.measure import execute, longest_gap

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
STALL_MS = 20.0
HOST_HAS = (
    "aiohttp",
    "ssl",
    "fastapi",
    "pydantic_settings",
    "greenlet",
    "dotenv",
    "rich.console",
    "pygments",
    "orjson",
    "sqlalchemy.orm",
    "alembic.operations",
    "alembic.script",
    "cryptography.fernet",
    "jsonschema",
)
"""Modules imported first: the oldest and the newest host import them long before they load a function."""


def measure_startup(bundle: Path, python: Path) -> list[Line]:
    """Measure both files with the host's interpreter `python`, in alternating rounds of fresh processes."""
    files = (bundle, ROOT / "benchmarks" / "bare_pipe.py")
    figures: dict[Path, list[list[float]]] = {file: [] for file in files}
    for _ in range(ROUNDS):
        for file in files:
            figures[file].append(_measured(file, python))
    ours, bare = ([median(column) for column in zip(*figures[file], strict=True)] for file in files)
    return [
        difference("start-up: running the file on the loop", ours[0], bare[0], "ms", STALL_MS),
        difference("start-up: loading in a thread, time", ours[1], bare[1], "ms"),
        difference("start-up: loading in a thread, longest stall", ours[2], bare[2], "ms", STALL_MS),
    ]


def _measured(file: Path, python: Path) -> list[float]:
    command = [str(python), "-m", "benchmarks.startup", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise Broken(f"start-up of {file.name}: {(done.stderr.strip() or 'no output').splitlines()[-1]}")
    return [float(figure) for figure in json.loads(done.stdout)]


async def first_use(text: str) -> tuple[float, float, float]:
    """Execute the file as a host does, then request its models; without a key this needs no upstream."""
    module, running = execute(text, "function_measured")
    pipe = module.__dict__["Pipe"]()

    async def models() -> object:
        found = pipe.pipes()
        return await found if asyncio.iscoroutine(found) else found

    took, gap = await longest_gap(models)
    return running, took, gap


def _main() -> None:
    for name in HOST_HAS:
        __import__(name)
    text = Path(sys.argv[1]).read_text("utf-8")
    print(json.dumps(asyncio.run(first_use(text))))


if __name__ == "__main__":
    _main()
