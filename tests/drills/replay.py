"""Thousands of random histories: chats edited, branched, copied and stopped, replayed to a strict judge.

Every request is judged, and every chat again with turns that are missing, unreadable, duplicated or owned by another
user. Reasoning must be sent back byte for byte unless a rule forbids it.
"""

import argparse
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.drills.replay_world import Figures, World

SHOWN = 12


def run(seeds: range) -> Figures:
    """Run one random world per seed."""
    figures = Figures()
    for seed in seeds:
        World(seed, figures).live()
    return figures


def main() -> int:
    """Run the drill; return 0 if nothing was rejected and nothing was missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    began, total, misses = time.monotonic(), Counter[str](), list[str]()
    end = options.first + options.histories
    parts = [range(start, min(start + 250, end)) for start in range(options.first, end, 250)]
    with ProcessPoolExecutor(options.processes) as pool:
        for figures in pool.map(run, parts):
            total += figures.counts
            misses += figures.misses
    print(f"{'histories':<36}{options.histories}")
    for name, count in sorted(total.items()):
        print(f"{name:<36}{count}")
    print(f"{'complaints':<36}{len(misses)}")
    print(f"{'seconds':<36}{time.monotonic() - began:.1f}")
    kinds = Counter(map(_kind, misses))
    for kind, count in kinds.most_common(SHOWN):
        print(f"  {count:6}  {next(miss for miss in misses if _kind(miss) == kind)}")
    return 1 if misses else 0


def _kind(miss: str) -> str:
    """Return a complaint without the parts that differ between seeds."""
    return re.sub(r"\S*\d\S*", "#", miss.partition("  [")[0])[:160]


if __name__ == "__main__":
    sys.exit(main())
