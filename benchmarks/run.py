"""Measures and prints: `python -m benchmarks.run [--only PART ...] [--bundle FILE]`.

Reports without judging: a missed target changes only its line. The exit status is 1 if something is broken, above all
if an answer was short or out of order.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.api import measure_api
from benchmarks.booking import measure_booking
from benchmarks.browser import measure_browser
from benchmarks.budgets import measure_budgets
from benchmarks.burst import measure_burst
from benchmarks.cache import measure_cache
from benchmarks.cold import measure_cold
from benchmarks.crowd import measure_crowd
from benchmarks.evidence import measure_evidence
from benchmarks.inprocess import measure_inprocess
from benchmarks.large_event import measure_large_event
from benchmarks.large_files import measure_large_files
from benchmarks.remembering import measure_remembering
from benchmarks.report import Broken, Line, headings, verdict
from benchmarks.rig import Rig, opened_rig, running_host
from benchmarks.tools import measure_tools
from benchmarks.write_behind import measure_write_behind
from benchmarks.writing import measure_writing
from entrypoints.devhost.failures import DevhostError
from entrypoints.devhost.progress import say

BUNDLE = Path(__file__).resolve().parents[1] / "dist" / "openrouter_pipe.py"
IN_HOST: dict[str, Callable[[Rig], AsyncIterator[Line]]] = {
    "api": measure_api,
    "browser": measure_browser,
    "crowd": measure_crowd,
    "cold": measure_cold,
    "writing": measure_writing,
}
ALONE: dict[str, Callable[[Path], Iterator[Line]]] = {
    "inprocess": measure_inprocess,
    "replay": lambda _: measure_remembering(),
    "ledger": lambda _: measure_booking(),
    "redis": lambda _: measure_write_behind(),
    "evidence": lambda _: measure_evidence(),
    "tools": lambda _: measure_tools(),
    "cache": lambda _: measure_cache(),
    "large": lambda _: measure_large_event(),
    "files": lambda _: measure_large_files(),
    "budgets": lambda _: measure_budgets(),
    "burst": measure_burst,
}
PARTS = (*ALONE, *IN_HOST)


class Report:
    """Prints each line as soon as it is measured."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        say(headings())

    def add(self, line: Line) -> None:
        """Print and store a line."""
        self.lines.append(line)
        say(line.text())


def measure(parts: Sequence[str], bundle: Path) -> None:
    """Measure the parts in their usual order. Raises Broken or DevhostError."""
    report = Report()
    for name, measured_alone in ALONE.items():
        for line in measured_alone(bundle) if name in parts else ():
            report.add(line)
    if any(part in IN_HOST for part in parts):
        with running_host() as (server, address):

            async def in_host() -> None:
                async with opened_rig(server, address, bundle.read_text("utf-8")) as rig:
                    for name, measured in IN_HOST.items():
                        if name in parts:
                            async for line in measured(rig):
                                report.add(line)

            asyncio.run(in_host())
    say(verdict(report.lines))


def main(arguments: Sequence[str]) -> int:
    """Run and return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmarks.run")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--bundle", type=Path, default=BUNDLE, help="the single file to measure")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        measure(chosen.only, chosen.bundle)
    except (Broken, DevhostError) as error:
        print(f"✗ {error}", file=sys.stderr, flush=True)
        return 1
    say(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
