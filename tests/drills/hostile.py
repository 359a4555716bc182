"""Hostile input at scale: `python -m tests.drills.hostile [--seed N] [PART ...]`; exits with 1 on any miss.

Each part is a module `hostile_<part>.py` beside this one with one function `run(seed) -> PartResult`: figures by name,
and what must not happen. Parts are found by their names and run in the order of these.
"""

import argparse
import sys
import time
from functools import partial
from importlib import import_module
from pathlib import Path

from tests.drills.tools import SHOWN, run_parts

PREFIX = "hostile_"
PARTS = tuple(sorted(path.stem.removeprefix(PREFIX) for path in Path(__file__).parent.glob(f"{PREFIX}*.py")))


def main() -> int:
    """Run the drill; return 0 if nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part is named {', '.join(sorted(unknown))}")
    began = time.monotonic()
    chosen = [import_module(f"tests.drills.{PREFIX}{part}") for part in given.parts or PARTS]
    misses = run_parts(partial(part.run, given.seed) for part in chosen)
    print(f"{'misses':<34} {len(misses) or 'none'}")
    print(f"{'seconds':<34} {time.monotonic() - began:.0f}")
    for miss in misses[:SHOWN]:
        print(f"  {miss}")
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main())
