"""Overload and an upstream that misbehaves in every way: `python -m tests.drills.chaos [--turns N] [--host]`.

In process: far more requests than slots, then thousands of turns, each of which must end with text or with one named
fault, and leave nothing behind. With `--host` the same in a real host. Exits with 1 on any miss.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.drills import chaos_line, chaos_turns
from tests.drills.tools import SHOWN, PartResult, run_parts

TURNS = 10_000
NEWEST = "0.12.4"


def line(seed: int) -> PartResult:
    """Send more requests at once than there are slots and places in the line."""
    figures = chaos_line.run(seed)
    return figures.lines(), figures.misses


def turns(count: int, seed: int) -> PartResult:
    """Run turns against the chaotic upstream."""
    figures = chaos_turns.run(count, seed)
    return figures.lines(), figures.misses


def host(version: str, bundle: Path | None, seed: int) -> PartResult:
    """Do both in a real host."""
    from tests.drills import chaos_host  # it needs the libraries of the devhost

    figures = chaos_host.run(version, bundle, seed)
    return figures.lines(), figures.misses


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--host", action="store_true", help="in a real host instead of this process")
    parser.add_argument("--host-version", default=NEWEST)
    parser.add_argument("--bundle", type=Path, help="a single file built before")
    asked = parser.parse_args()
    log = logging.getLogger("openrouter_pipe")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    parts: tuple[Callable[[], PartResult], ...] = (partial(line, asked.seed), partial(turns, asked.turns, asked.seed))
    if asked.host:
        parts = (partial(host, asked.host_version, asked.bundle, asked.seed),)
    began = time.monotonic()
    misses = run_parts(parts)
    print(f"{'misses':<34} {len(misses) or 'none'}")
    print(f"{'seconds':<34} {time.monotonic() - began:.0f}")
    for miss in misses[:SHOWN]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
